import type { Invocation } from '../model.ts';

/**
 * Tools with subcommands that answer `TOOL VERB --help` and do nothing else. None that hands its words on to what
 * a project, a person or another machine has: there `--help` would hide what runs.
 */
export const HELPFUL: ReadonlySet<string> = new Set(
  `git gh glab hub hg svn jj docker podman nerdctl docker-compose kubectl oc helm argocd flux istioctl velero eksctl kops
  terraform tofu terragrunt pulumi packer aws gcloud gsutil az doctl heroku flyctl fly vercel netlify firebase wrangler
  npm pnpm yarn pip uv poetry pdm conda cargo go brew apt apt-get dnf yum zypper pacman snap flatpak nix systemctl
  journalctl loginctl vault consul nomad rclone restic borg redis-cli etcdctl nats rabbitmqctl vagrant virsh ansible
  ansible-playbook minikube kind k3d`.split(/\s+/),
);

/** Verbs that hand what follows on to another program. */
const HANDS_ON =
  /^(run|exec|x|dlx|start|ssh|script|run-script|test|shell|call|eval|tool|create|init|compose|plugin|alias)$/;

/** Nothing but the tool, words that can be subcommands, and `--help` at the end or `help` at the beginning. */
export function asksForHelp(c: Invocation): boolean {
  const { args, name, program, redirections, assignments } = c;
  if (!HELPFUL.has(program) || name?.text !== program || args.length === 0 || args.length > 4) return false;
  if (redirections.some((r) => r.operator.includes('>')) || assignments.length > 0) return false;
  const words = args.map((a) => a.text);
  const rest = words[0] === 'help' ? words.slice(1) : words.at(-1) === '--help' ? words.slice(0, -1) : null;
  return rest?.every((word) => /^[a-z][a-z-]*$/.test(word) && !HANDS_ON.test(word)) ?? false;
}
