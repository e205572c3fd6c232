import { all, any, asksOnly, flag, not, operand, verb, verbLike } from './conditions.ts';
import type { Condition, Rule } from './rule.ts';

const CLOUDS =
  'aws gcloud gsutil bq az doctl heroku flyctl fly vercel netlify firebase wrangler linode-cli oci ibmcloud hcloud scw s3cmd eb sam cdk serverless sls amplify railway render supabase pscale turso upsun platform ossutil aliyun tccli cf openstack azcopy newrelic datadog-ci sentry-cli stripe twilio ngrok circleci travis gitlab-runner buildkite-agent jenkins-cli tkn databricks snowsql snow confluent auth0 okta';
const INFRA =
  'terraform tofu terragrunt pulumi ansible ansible-playbook ansible-vault ansible-galaxy packer chef knife puppet salt salt-call cdktf crossplane sops saltstack';

/** What would change, or how it is set up: `pulumi config` alone lists. */
const previews: Condition = any(
  verb('plan, preview, run-all plan, stack output, config get'),
  verb('inspect, validate, collection list, role list, role search, config print, config list'),
  all(verb('config, stack'), ({ operands }) => operands.length === 1),
);

/** `gcloud iam service-accounts keys create`: where nouns come first, the verb stands late. */
const changesDeep: Condition = ({ program, operands }) =>
  /^(gcloud|az|oci|ibmcloud|openstack|doctl)$/.test(program) &&
  operands
    .slice(3, 6)
    .find((o) => /^(create|add|update|set|enable|import|start|stop|reset|restart)(-[a-z-]+)?$/.test(o.text));

const iacHelp = not(asksOnly);

export const CLOUD: readonly Rule[] = [
  {
    id: 'asks-cloud',
    programs: CLOUDS,
    when: not(asksOnly),
    dimension: 'network',
    points: 3,
    message: 'talks to a cloud provider with your account',
    whatever: true,
    matches: ['aws s3 ls', 'gcloud projects list'],
    not_matches: ['aws --version'],
  },
  {
    id: 'changes-cloud',
    programs: CLOUDS,
    when: any(
      changesDeep,
      all(
        not(
          verb('configure list, configure list-profiles, configure get, config list, config get, auth list'),
        ),
        verbLike(
          /^(create|put|update|modify|set|add|attach|start|stop|reboot|run|invoke|publish|send|copy|cp|mv|sync|rsync|upload|deploy|import|restore|enable|register|associate|authorize|tag|untag|assign|promote|scale|apply|push|login|configure|exec|ssh|rollback|release|open|scp|reset|change|batch|execute|assume|patch|allow|link|init|launch|up|move|submit|resize|rewrite|compose|replace|grant|ps:|config:set|alias)([-:].*)?$/,
        ),
      ),
    ),
    dimension: 'blast_radius',
    points: 4,
    message: 'changes something in a cloud account',
    matches: [
      'aws ec2 run-instances',
      'aws s3 cp a s3://b',
      'gcloud compute instances create a',
      'vercel deploy',
      'gcloud iam service-accounts keys create a.json',
    ],
    not_matches: ['aws s3 ls', 'az vm list', 'aws configure list'],
  },
  {
    id: 'deletes-in-cloud',
    programs: CLOUDS,
    when: any(
      verbLike(
        /^(delete|remove|rm|rb|terminate|destroy|purge|drop|deregister|detach|revoke|cancel|disable|unsubscribe|release-addresses?|schedule-key-deletion|disassociate|undeploy|unregister|uninstall|wipe|empty|apps:destroy|flush|deactivate|remove-.*|unset|abandon|prune|down|teardown)([-:_].*)?$/,
      ),
      ({ operands }) =>
        operands
          .slice(0, 5)
          .find((o) =>
            /^(delete|remove|destroy|purge|terminate)([-:].*)?$|:(destroy|remove|reset)$/.test(o.text),
          ),
      flag('--delete', '--delete-removed', '--del', '--rm'),
      all((c) => c.program === 'gsutil', verb('rsync'), flag('-d')),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'deletes or ends something in a cloud account',
    matches: [
      'aws s3 rm s3://b --recursive',
      'aws ec2 terminate-instances --instance-ids i-1',
      'az group delete -n a',
      'aws s3 sync a s3://b --delete',
    ],
    not_matches: ['aws s3 ls', 'aws ec2 describe-instances'],
  },
  {
    id: 'reads-cloud-secrets',
    programs: CLOUDS,
    when: any(
      ({ operands }) =>
        operands.find((o) =>
          /^(get-secret-value|get-parameters?(-by-path)?|decrypt|get-password-data|get-session-token|get-federation-token|print-access-token|print-identity-token|get-access-token|get-login-password|get-login|assume-role|list-access-keys|create-access-key|secrets?|keyvault|get-credentials|access|config:get)$/.test(
            o.text,
          ),
        ),
      flag('--with-decryption'),
    ),
    dimension: 'credential',
    points: 6,
    message: 'reads keys or secrets of a cloud account',
    matches: ['aws secretsmanager get-secret-value --secret-id a', 'gcloud auth print-access-token'],
    not_matches: ['aws s3 ls'],
  },
  {
    id: 'changes-cloud-access',
    programs: CLOUDS,
    when: all(
      ({ operands }) =>
        operands.some((o) =>
          /^(iam|sts|organizations|kms|cloudtrail|guardduty|config|logs|role|ad|iam-policy.*|.*-iam-policy-binding|context|policy)$/.test(
            o.text,
          ),
        ),
      any(
        changesDeep,
        verbLike(
          /^(create|put|attach|add|update|delete|stop|disable|set|remove|detach|enable|modify)(-.*)?$/,
        ),
      ),
    ),
    dimension: 'credential',
    points: 7,
    message: 'changes who may do what in a cloud account, or what it records',
    matches: ['aws iam attach-user-policy --user-name a', 'aws cloudtrail stop-logging --name a'],
    not_matches: ['aws iam list-users'],
  },
  {
    id: 'previews-infrastructure',
    programs: INFRA,
    when: previews,
    dimension: 'network',
    points: 3,
    message: 'asks what would change in infrastructure that others use',
    matches: ['terraform plan', 'pulumi preview', 'terragrunt run-all plan'],
    not_matches: ['terraform apply', 'terraform fmt', 'pulumi up'],
  },
  {
    id: 'works-on-infrastructure',
    programs: INFRA,
    when: all(
      iacHelp,
      not(previews),
      not(flag('--syntax-check --list-hosts --list-tasks --list-tags')),
      not(
        verb(
          'fmt, validate, version, output, show, graph, providers, console, state list, state show',
          'workspace list, workspace show, stack ls, about, whoami, get, metadata, preview',
        ),
      ),
    ),
    dimension: 'network',
    points: 4,
    message: 'works on infrastructure that others use',
    matches: ['terraform init', 'pulumi up', 'ansible all -m ping'],
    not_matches: ['terraform fmt', 'terraform --version', 'terraform plan', 'ansible all --list-hosts'],
  },
  {
    id: 'changes-infrastructure',
    programs: INFRA,
    when: any(
      verb(
        'config set-all, config refresh',
        'apply, up, import, taint, untaint, refresh, state mv, state push',
        'state replace-provider, run-all apply, build, config set, workspace new, force-unlock',
        'update, deploy, stack import, rename, run-all, bootstrap, push',
      ),
      all(
        (c) => /^(ansible|ansible-playbook|salt|salt-call|puppet|chef|knife)$/.test(c.program),
        not(flag('--syntax-check --list-hosts --list-tasks --list-tags')),
        (c) =>
          !(
            c.program === 'ansible' &&
            /^(ansible\.builtin\.)?(ping|setup|debug|gather_facts|stat|find|assert)$/.test(
              c.flags.get('-m')?.text ?? '',
            )
          ),
        not(verb('config print, module list, resource, describe, lookup, help, list, show')),
        (c) => c.operands.length > 0,
      ),
    ),
    dimension: 'blast_radius',
    points: 6,
    message: 'changes running infrastructure',
    matches: ['terraform apply', 'pulumi up', 'ansible-playbook site.yml'],
    not_matches: ['terraform plan', 'ansible-playbook --syntax-check a', 'ansible all -m ping'],
  },
  {
    id: 'destroys-infrastructure',
    programs: INFRA,
    when: any(
      verb(
        'destroy, state rm, workspace delete, down, stack rm, state delete, cancel, node delete',
        'run-all destroy, config rm, policy disable, org, plugin rm',
      ),
      flag('-destroy', '--destroy'),
    ),
    dimension: 'blast_radius',
    points: 8,
    message: 'destroys infrastructure or the record of it',
    matches: ['terraform destroy', 'terraform apply -destroy', 'pulumi stack rm a', 'terraform state rm a'],
    not_matches: ['terraform plan', 'pulumi preview'],
  },
  {
    id: 'secret-store-reads',
    programs:
      'vault op doppler pass gopass bw lpass chamber aws-vault infisical keyring secret-tool security berglas credstash keepassxc-cli gcloud-secrets sops ansible-vault akeyless',
    when: any(
      all((c) => c.program === 'doppler', verb('secrets')),
      not(
        verb(
          'status, list, version, ls, --version, audit list, auth list, lease lookup, whoami, me, help',
          'kv list, policy list, policy read, token lookup, operator raft list-peers, plugin list, namespace list',
          'projects list, user list, item list, vault list, secrets list, configs',
        ),
      ),
    ),
    dimension: 'credential',
    points: 5,
    message: 'works with stored secrets',
    matches: ['vault read secret/a', 'op item get a', 'pass show a'],
    not_matches: ['vault status', 'op whoami'],
  },
  {
    id: 'secret-store-deletes',
    programs: 'vault op doppler pass gopass bw lpass infisical secret-tool security',
    when: any(
      operand(/^(delete|destroy|disable|revoke|rm|remove|purge|seal|rekey|clear|delete-.*)$/),
      flag('--archive'),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'deletes secrets or takes access away',
    matches: ['vault kv delete secret/a', 'op item delete a', 'doppler secrets delete A -y'],
    not_matches: ['vault read secret/a'],
  },
  {
    id: 'cloud-file-removal',
    programs: 'gsutil s3cmd s5cmd mc rclone azcopy b2',
    when: all(operand(/^(rm|rb|del|delete|remove|purge|deletefile|rmdirs?|delete-bucket|cleanup)$/), iacHelp),
    dimension: 'blast_radius',
    points: 6,
    message: 'deletes files in a store that others may use',
    matches: ['gsutil -m rm -r gs://a', 'rclone purge remote:a', 'mc rm --recursive a/b'],
    not_matches: ['gsutil ls', 'rclone ls remote:'],
  },
];
