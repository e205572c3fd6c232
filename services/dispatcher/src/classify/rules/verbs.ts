import type { Invocation } from '../model.ts';

/** Which of the words that a program starts with say that it only asks. */
export const ASKING =
  /^(-{0,2})(list|ls|get|show|describe|view|info|status|version|help|search|find|inspect|cat|read|check|validate|diff|logs?|ps|top|whoami|print|query|stats?|lookup|current|env|which|doctor|explain|ping|list-.*|get-.*|describe-.*|show-.*|tree|history|outdated|lint|health|df|dump-config|-L|summary|count|tail|watch|events)$/i;

/** Verbs by which programs that rules name only ask, beside the words above. A new one is one word here. */
const ASKS: Readonly<Record<string, string>> = {
  git: `shortlog grep cat-file ls-files ls-tree ls-remote rev-parse rev-list name-rev merge-base merge-tree for-each-ref show-ref
    show-branch whatchanged count-objects fsck var check-ignore check-attr check-mailmap check-ref-format cherry range-diff diff-tree
    diff-index diff-files verify-commit verify-tag verify-pack show-index blame annotate column get-tar-commit-id interpret-trailers
    patch-id stripspace request-pull difftool instaweb gitk bugreport diagnose fmt-merge-msg`,
  'hg svn bzr fossil sl jj': `annotate blame ann heads tip parents branches tags bookmarks paths grep identify id root files manifest
    st di locate glog smartlog proplist propget pl pg praise config timeline finfo missing testparm incoming outgoing in out evolog
    obslog interdiff`,
  docker: 'images port wait healthcheck du imagetools cves quickview',
  'docker docker-compose podman-compose': 'config',
  cf: 'apps services routes domains orgs spaces marketplace target buildpacks stacks app service org space quotas',
  'lxc incus vagrant virsh multipass minikube kind k3d colima lima machinectl crictl ctr buildah skopeo VBoxManage': `pods images
    containers imagefsinfo inspectp inspecti statsp global-status ssh-config port dominfo domstate domblklist domiflist domstats
    dumpxml domid domname domuuid vcpuinfo net-list net-dumpxml pool-list pool-info vol-list vol-info snapshot-list nodeinfo capabilities
    uri hostname sysinfo freecell networks aliases ip docker-env podman-env update-check showvminfo showhdinfo showmediuminfo
    list-tags image-status show-image`,
  'kubectl oc helm': `api-resources api-versions cluster-info can-i wait completion kustomize options current-context get-contexts
    get-clusters get-users projects template`,
  'argocd flux istioctl velero cilium calicoctl rancher k3s kubeadm eksctl kops talosctl nomad consul stern kustomize skaffold helmfile': `manifests proxy-status proxy-config ps pc analyze bug-report server-members members catalog rtt monitor agent-info render diagnose
    build trace dmesg services memory processes containers disks mounts images dashboard template diff validate sources`,
  aws: `wait presign filter-log-events lookup-events scan select head-object head-bucket estimate-template-cost test-event-pattern
    batch-get-item batch-get-image simulate-principal-policy simulate-custom-policy validate-template validate-policy`,
  'gcloud az oci ibmcloud openstack doctl linode-cli hcloud scw': `topic feedback cheat-sheet locations sizes account-info catalog balance
    check-name test-iam-permissions regions exists`,
  'heroku flyctl fly vercel netlify firebase wrangler railway render supabase platform upsun circleci travis stripe': `apps addons releases
    domains certs config features labs pipelines regions stacks members access drains notifications webhooks sessions addons:info apps:info
    diagnostic pg:info pg:ps redis:info auth:whoami orgs teams projects projects:list use docs environments deployments synth open users dashboard services instances`,
  'gsutil azcopy b2': 'du stat hash signurl ls-version get-account-info get-bucket',
  'rclone restic borg duplicity s3cmd s4cmd s5cmd mc rdiff-backup': `lsd lsl lsf lsjson snapshots size about head stat du la md5sum sha1sum
    hashsum listremotes collection-status list-current-files cryptcheck`,
  'gh glab hub tea': `api browse pr issue issues checks trace completion labels milestones releases repos branches times organizations
    notifications logins download ci-status`,
  npm: 'root bin prefix why explain fund pkg run -v v la ll home repo docs bugs completion licenses store',
  'yarn bun deno': 'why licenses workspaces versions node types lint coverage completions',
  cargo: 'metadata locate-project pkgid read-manifest verify-project udeps bloat expand llvm-lines machete',
  'go dotnet': 'list env doc help version why graph',
  'pip uv pipx poetry pdm hatch pipenv conda mamba micromamba': `freeze debug hash inspect index config environment interpreters
    runpip dir about graph notices compare shell-info`,
  'gem bundle bundler composer pod': `environment dependency contents specification stale licenses depends prohibits fund diagnose browse
    home suggests why why-not platform about`,
  'apt aptitude dnf yum microdnf zypper apk pkg opkg snap flatpak port': `policy depends rdepends showpkg showsrc changelog madison moo
    why why-not repolist repoquery provides whatprovides deplist list-updates lu lr repos services products patterns packages patches locks
    ll what-provides updateinfo check-update needs-restarting patch-check pchk patch-info lp licenses ps se dot files whatdepends depends-on
    known model connections interface interfaces changes warnings tasks saved aliases remotes remote-ls remote-info permissions installed
    rdeps deps variants contents notes owner dependents stats updateinfo cache`,
  'brew nix choco winget scoop luarocks opam cabal stack mise asdf rustup nvm pyenv rbenv sdk volta rebar3 mix lein conan tlmgr guix': `deps
    uses config leaves home options desc outdated missing formulae casks commands shellenv eval path-info why-depends show-derivation
    features locate-file var lint path ide ls-remote ls-alias current root whence prefix shims versions version-name version-file where
    latest xref paper conf refs size weather completions metadata show-config`,
  systemctl: 'is-active is-enabled is-failed is-system-running',
  'pm2 supervisorctl launchctl initctl sv rc-service rc-update monit service': `prettylist jlist avail pid print print-disabled blame managerpid
    hostinfo resolveport limit dumpstate procinfo report`,
  'zpool zfs btrfs nvme dmsetup cryptsetup': `iostat usage id-ctrl id-ns smart-log error-log fw-log deps luksDump isLuks benchmark holds`,
  'redis-cli valkey-cli keydb-cli': `mget hget hgetall hmget hkeys hvals hlen hexists hscan hstrlen keys scan exists ttl pttl type strlen
    getrange object memory dbsize time lrange llen lindex lpos smembers sismember scard srandmember sscan sinter sunion sdiff zrange
    zrangebyscore zrevrange zscore zcard zcount zrank zscan xrange xrevrange xlen xread xinfo pubsub slowlog latency client command role
    lastsave monitor echo psubscribe subscribe bitcount getbit pfcount geopos geodist geosearch`,
  'etcdctl influx cockroach zkCli.sh': 'hashkv ls2 stat getAcl health buckets',
  'prisma flyway liquibase alembic sequelize knex dbmate goose sqlx typeorm rails rake': `branches heads migrate:status db:migrate:status
    migrate:list db:version routes notes about middleware`,
  rabbitmqctl: `list_queues list_exchanges list_bindings list_connections list_channels list_consumers list_users list_vhosts
    list_permissions list_user_permissions list_policies cluster_status node_health_check report environment`,
  'nats pulsar-admin': 'report rtt sub subscribe account',
  mysqladmin: 'processlist extended-status variables',
  'pgbackrest barman wal-g wal-e': `backup-list list-backup list-backups list-servers show-server show-backup list-files
    replication-status wal-show wal-verify repo-ls repo-get`,
  'dconf gsettings defaults xdg-mime xdg-settings powerprofilesctl cpupower amixer pactl bluetoothctl xset xinput': `list-schemas
    list-keys list-children list-recursively range writable dump read-type domains frequency-info idle-info monitor scontrols scontents
    contents controls cget sget get-sink-volume devices paired-devices q`,
  'wg ufw nft wpa_cli brctl tc rfkill ovs-vsctl scutil': `showconf app scan_results scan signal_poll list_networks showmacs showstp list-br
    list-ports monitor`,
  'kmod bpftool perf': 'static-nodes report annotate bench buildid-list evlist',
  'apt-mark apt-key update-alternatives':
    'showhold showmanual showauto showinstall showremove finger fingerprint',
};

/** Programs that take the verbs of another one. */
const SAME: Readonly<Record<string, readonly string[]>> = {
  docker: ['docker', 'podman', 'nerdctl', 'docker-compose', 'podman-compose'],
  npm: ['npm', 'pnpm', 'yarn'],
  apt: ['apt', 'apt-get'],
  pip: ['pip', 'pip3'],
};

const ASKED: ReadonlyMap<string, ReadonlySet<string>> = asked();

function asked(): ReadonlyMap<string, ReadonlySet<string>> {
  const map = new Map<string, Set<string>>();
  for (const [programs, verbs] of Object.entries(ASKS))
    for (const name of programs.split(/\s+/).flatMap((program) => SAME[program] ?? [program]))
      map.set(name, new Set([...(map.get(name) ?? []), ...verbs.split(/\s+/)]));
  return map;
}

/** A noun before the verb: `dags`, `osd-pool`. */
const SUBJECT = /^[a-z][a-z0-9-]{1,24}$/;

/** Words that change something, whatever stands behind them. */
const CHANGING =
  /^(apply|create|set|put|add|edit|write|patch|update|upgrade|install|start|stop|restart|exec|push|import|attach|enable|send|publish|rollback|restore|replace|scale|grant)(-.*)?$/;

/** The first word that says what is done is one by which tools ask: `flux get all`, `kubectl auth can-i list pods`. */
export function saysItAsks({ program, operands }: Invocation): boolean {
  const asked = ASKED.get(program);
  for (const { text } of operands.slice(0, 4)) {
    if (ASKING.test(text) || asked?.has(text)) return true;
    if (CHANGING.test(text) || !SUBJECT.test(text)) return false;
  }
  return false;
}
