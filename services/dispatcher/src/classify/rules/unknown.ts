import type { Invocation } from '../model.ts';
import { ASKERS } from './askers.ts';
import { asksOnly } from './conditions.ts';
import { asksForHelp } from './help.ts';
import { READERS } from './known.ts';
import type { Condition, Rule } from './rule.ts';

/** The first word that says what is done asks only, and no other one deletes. */
const asks = (c: Invocation): boolean => {
  const said = c.operands.slice(0, 4).find((o) => ASKING.test(o.text) || !SUBJECT.test(o.text));
  return said !== undefined && ASKING.test(said.text) && destroys(c) === undefined;
};

/** A noun before the verb: `dags`, `osd-pool`. */
const SUBJECT = /^[a-z][a-z0-9-]{1,24}$/;

/** What a program that no rule knows is called with, when it does something that is hard to undo. */
const DESTRUCTIVE =
  /^(-{0,2})(.*[-_:.])?(delete|destroy|purge|drop|remove|rm|rmi|prune|wipe|erase|revoke|unregister|forget|flush|flushall|truncate|terminate|kill|uninstall|deprovision|reset|nuke|clear|format|unpublish|decommission|evict|overwrite|disable|detach|expire|cleanup|clean|shutdown|force-delete)([-_:].*)?$/i;

/** Which of the words that a program starts with say that it only asks. */
const ASKING =
  /^(-{0,2})(list|ls|get|show|describe|view|info|status|version|help|search|find|inspect|cat|read|check|validate|diff|logs?|ps|top|whoami|print|query|stats?|lookup|current|env|which|doctor|explain|ping|list-.*|get-.*|describe-.*|show-.*|tree|history|outdated|lint|health|df|dump-config|-L|summary|count|tail|watch|events)$/i;

/** Subcommands that only ask, of programs where the subcommand is what matters. Others that no rule knows are unknown. */
const ASKS: Readonly<Record<string, string>> = {
  git: 'status log diff show blame shortlog grep cat-file ls-files ls-tree rev-parse rev-list describe name-rev merge-base for-each-ref show-ref show-branch whatchanged count-objects fsck var check-ignore check-attr check-mailmap check-ref-format cherry range-diff diff-tree diff-index diff-files help version verify-commit verify-tag annotate column get-tar-commit-id interpret-trailers patch-id stripspace request-pull difftool instaweb gitk',
  docker:
    'ps images inspect logs stats top version info history port diff events search container image network volume system compose buildx manifest context plugin node wait help ls list pod service stack secret config swarm trust healthcheck',
  npm: 'ls list view info show outdated audit search root bin prefix help config why explain fund doctor query ping whoami pkg run -v version la ll v home repo docs bugs get completion',
  systemctl:
    'status list-units list-unit-files list-timers list-sockets list-dependencies list-jobs list-machines is-active is-enabled is-failed is-system-running show cat help show-environment get-default',
  cargo: 'tree fmt metadata search version help locate-project pkgid read-manifest info',
  go: 'version env list doc mod help',
  pip: 'list show freeze check search index config debug inspect cache help hash',
  apt: 'list show search policy depends rdepends showpkg showsrc changelog madison help cache moo check',
  brew: 'list ls info search deps uses doctor config leaves outdated home options desc cat log commands help outdated --prefix --version formulae casks missing',
  service: '--status-all status',
};

const SAME: Readonly<Record<string, readonly string[]>> = {
  docker: ['docker', 'podman', 'nerdctl'],
  npm: ['npm', 'pnpm'],
  apt: ['apt', 'apt-get', 'apt-cache'],
};

const ASKED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(ASKS).flatMap(([program, verbs]) =>
    (SAME[program] ?? [program]).map((name) => [name, new Set(verbs.split(' '))]),
  ),
);

/** What the unknown rules need of the known ones. */
export interface Known {
  readonly programs: ReadonlySet<string>;
  /** Whether a rule that names the program speaks about the command. */
  readonly speaks: (c: Invocation) => boolean;
}

/** A bare name is asked for help; a file that is named by its path may do anything with the same word. */
const onlyAsks: Condition = (c) =>
  (c.flags.has('--help') || c.flags.has('--version')) && !/\//.test(c.name?.text ?? '/');

const destroys: Condition = (c) =>
  [...c.operands.slice(0, 4), ...c.args.filter((a) => a.text.startsWith('--'))].find(
    (a) => a.text.length < 40 && DESTRUCTIVE.test(a.text),
  );

const isFile = (c: Invocation): boolean =>
  /\//.test(c.name?.text ?? '') && !/^\/(usr\/(local\/)?)?s?bin\//.test(c.name?.text ?? '');

/** The rules for what no other rule knows; they must come last. */
export function unknownRules({ programs: known, speaks }: Known): readonly Rule[] {
  const isUnknown = (c: Invocation): boolean =>
    c.program !== '' && !c.defined && !known.has(c.program) && !READERS.has(c.program);
  const asksTool = (c: Invocation): boolean => ASKERS.has(c.program) && (Boolean(asksOnly(c)) || asks(c));
  return [
    {
      id: 'asks-tool',
      programs: '',
      when: (c) => isUnknown(c) && asksTool(c) && c.name,
      dimension: 'network',
      points: 2,
      message: 'asks a tool something, perhaps over the network',
      matches: ['airflow dags list', 'ceph status', 'atlas clusters describe a', 'fnm --version'],
      not_matches: ['airflow dags delete a', 'ceph osd pool create a', 'frobnicate list', 'ls'],
    },
    {
      id: 'unknown-program',
      programs: '',
      when: (c) => isUnknown(c) && !asksTool(c) && !onlyAsks(c) && !isFile(c) && c.name,
      dimension: 'write',
      points: 4,
      message: 'is a program that is not known here',
      opaque: true,
      matches: ['frobnicate a', 'sudo frobnicate'],
      not_matches: ['ls a', 'git status', 'f() { ls; }; f', 'frobnicate --help'],
    },
    {
      id: 'unknown-program-asks',
      programs: '',
      when: (c) => isUnknown(c) && !asksTool(c) && onlyAsks(c) && c.name,
      dimension: 'write',
      points: 2,
      message: 'asks a program that is not known here for help',
      opaque: true,
      matches: ['frobnicate --help'],
      not_matches: ['frobnicate', './a --help'],
    },
    {
      id: 'unknown-subcommand',
      programs: '',
      when: (c) => {
        const [first] = c.operands;
        const asked = ASKED.get(c.program);
        if (first === undefined || asked === undefined || asked.has(first.text) || speaks(c)) return false;
        return !asksForHelp(c) && first;
      },
      dimension: 'write',
      points: 4,
      message: 'asks a program for something that is not known here',
      opaque: true,
      matches: ['git frobnicate', 'npm frobnicate', 'docker frobnicate a'],
      not_matches: ['git status', 'git commit', 'npm ls', 'docker ps', 'git --version', 'docker service ls'],
    },
    destructiveWords(isUnknown),
  ];
}

function destructiveWords(isUnknown: (c: Invocation) => boolean): Rule {
  return {
    id: 'destructive-words',
    programs: '',
    when: (c) =>
      (isUnknown(c) || REMOTE.has(c.program)) &&
      !ASKING.test(c.operands[0]?.text ?? '') &&
      !onlyAsks(c) &&
      destroys(c),
    dimension: 'blast_radius',
    points: 6,
    message: 'asks a program to delete or reset something',
    matches: [
      'frobnicate delete all',
      'java -jar a.jar delete-job b',
      'kafka-topics --delete --topic a',
      'nats stream purge A',
    ],
    not_matches: [
      'frobnicate list',
      'echo delete',
      'grep delete a',
      'git commit -m delete',
      'kafka-topics --list',
    ],
  };
}

/** Programs with rules of their own whose words for deleting are many and follow no list. */
const REMOTE: ReadonlySet<string> = new Set(
  'java kafka-topics kafka-consumer-groups kafka-acls kafka-configs rabbitmqctl rabbitmqadmin nats restic borg velero gitlab-runner circleci az doctl heroku flyctl etcdctl consul nomad argocd flux istioctl pulsar-admin redis-cli duplicity rclone glab flatpak ibmcloud oci openstack supabase firebase wrangler netlify vercel influx crictl railway liquibase snowsql bq gcloud aws fly pulumi kops eksctl kind k3d minikube'.split(
    ' ',
  ),
);
