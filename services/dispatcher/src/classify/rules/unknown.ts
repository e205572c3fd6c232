import type { Invocation } from '../model.ts';
import { ASKERS } from './askers.ts';
import { asksOnly } from './conditions.ts';
import { asksForHelp } from './help.ts';
import { JUDGED } from './judged.ts';
import { READERS } from './known.ts';
import type { Condition, Rule } from './rule.ts';
import { ASKING, saysItAsks } from './verbs.ts';

/** What a program that no rule knows is called with, when it does something that is hard to undo. */
const DESTRUCTIVE =
  /^(-{0,2})(\S*[-_:.])?(delete|destroy|purge|drop|remove|rm|rmi|prune|wipe|erase|revoke|unregister|forget|flush|flushall|truncate|terminate|kill|uninstall|deprovision|reset|nuke|clear|format|unpublish|decommission|evict|overwrite|disable|detach|expire|cleanup|clean|shutdown|force-delete)([-_:].*)?$/i;

/** What the unknown rules need of the known ones. */
export interface Known {
  readonly programs: ReadonlySet<string>;
  /** Whether a rule that names the program tells what the command does. */
  readonly speaks: (c: Invocation) => boolean;
}

/** A bare name is asked for help; a file that is named by its path may do anything with the same word. */
const onlyAsks: Condition = (c) =>
  (c.flags.has('--help') || c.flags.has('--version')) && !/\//.test(c.name?.text ?? '/');

const destroys: Condition = (c) =>
  [...c.operands.slice(0, 4), ...c.args.filter((a) => /^--(?!format|no-)/.test(a.text))].find(
    (a) => a.text.length < 40 && DESTRUCTIVE.test(a.text),
  );

/** It says that it asks, and none of its words deletes. */
const asks = (c: Invocation): boolean => saysItAsks(c) && !destroys(c);

/** Words behind `--help` could be hidden by it; before it, they are what is asked about. */
const endsInHelp = (c: Invocation): boolean =>
  Boolean(onlyAsks(c)) && /^--(help|version)$/.test(c.args.at(-1)?.text ?? '') && !destroys(c);

const isFile = (c: Invocation): boolean =>
  /\//.test(c.name?.text ?? '') && !/^\/(usr\/(local\/)?)?s?bin\//.test(c.name?.text ?? '');

/** The rules for what no other rule knows; they must come last. */
export function unknownRules({ programs: known, speaks }: Known): readonly Rule[] {
  const isUnknown = (c: Invocation): boolean =>
    c.program !== '' && !c.defined && !known.has(c.program) && !READERS.has(c.program);
  const asksTool = (c: Invocation): boolean => ASKERS.has(c.program) && (Boolean(asksOnly(c)) || asks(c));
  const isUnknownVerb = (c: Invocation): boolean =>
    known.has(c.program) &&
    c.operands.length > 0 &&
    !c.defined &&
    !READERS.has(c.program) &&
    !JUDGED.has(c.program) &&
    !asks(c) &&
    !asksOnly(c) &&
    !endsInHelp(c) &&
    !asksForHelp(c) &&
    !speaks(c);
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
      when: (c) => isUnknownVerb(c) && c.operands[0],
      dimension: 'write',
      points: 4,
      message: 'asks a program for something that is not known here',
      opaque: true,
      matches: [
        'git frobnicate',
        'docker frobnicate a',
        'kubectl frobnicate a',
        'aws frobnicate a',
        'xdg-mime frobnicate a',
      ],
      not_matches: [
        'git status',
        'git commit',
        'npm ls',
        'docker service ls',
        'kubectl auth can-i get pods',
        'dpkg -l a',
        'gzip -c a',
        'kill -0 1',
      ],
    },
    destructiveWords((c) => isUnknown(c) || REMOTE.has(c.program) || isUnknownVerb(c)),
  ];
}

function destructiveWords(isLookedAt: (c: Invocation) => boolean): Rule {
  return {
    id: 'destructive-words',
    programs: '',
    when: (c) => {
      if (READERS.has(c.program) || ASKING.test(c.operands[0]?.text ?? '') || onlyAsks(c)) return false;
      const word = destroys(c);
      return word !== undefined && isLookedAt(c) && word;
    },
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
