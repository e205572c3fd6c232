/**
 * Tools whose words say what they do: `flux get all`, `wp plugin delete a`. What they ask is harmless, what they
 * delete is looked for, and everything else is unknown. A new one is one word here; one that runs what a project
 * or a person wrote (make, npx) does not belong here.
 */
const TOPICS: Readonly<Record<string, string>> = {
  'clouds and hosting': `appwrite astro atlas copilot dapr deployctl deta ddev eas encore fastly forge hasura hop infracost
    kamal koyeb mongocli nhost northflank okteto porter sanity shopify steampipe surge tsuru vapor vultr-cli zapier`,
  clusters: `argo cmctl clusterctl hubble kapp kn krew kwokctl linkerd longhornctl popeye pluto tkn tsh tctl virtctl`,
  'data and messages': `airflow beeline dbt dolt hdfs hadoop ksql rpk st2 temporal ceph rados rbd radosgw-admin gluster drbdadm
    snapper timeshift btrbk sanoid syncoid kafkactl kaf nifi influxd`,
  'machines and networks': `esxcli govc ipmitool mackup maas nmstatectl pct pvesh pvesm qm racadm snapraid tuned-adm vim-cmd
    wezterm xe semodule sestatus varnishadm postsuper postqueue mailq doveadm fwupdmgr smbcontrol ctdb pcs crm stratis
    multipathd iscsiadm qemu-img playerctl salt-key tmsh`,
  'code and teams': `adr arduino-cli atuin bit bosh chezmoi codeql copier cruft exercism ghq git-annex gitlab-ci-local jira jfrog
    mob repo cvs st spr tea tuist trunk vsce wp drush ghorg gita mani mr vcsh yadm stow git-cliff`,
  'languages and devices': `adb envchain fnm fvm goctl goreleaser jabba jenv juliaup ocamlfind ollama phpbrew pkgx proto simctl tfenv
    tfswitch watchman wasm-pack xcodes zoxide direnv`,
  'secrets and identity': `bws dcli kinit klist opa ykman fido2-token dotenv-vault`,
};

export const ASKERS: ReadonlySet<string> = new Set(
  Object.values(TOPICS).flatMap((names) => names.split(/\s+/)),
);
