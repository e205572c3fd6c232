import { all, any, flag, not, operand, verb, verbLike, word } from './conditions.ts';
import type { Condition, Rule } from './rule.ts';

const ENGINES =
  'docker podman nerdctl lxc incus crictl ctr docker-compose podman-compose machinectl kind minikube k3d colima lima limactl vagrant multipass virsh qemu-system-x86_64 VBoxManage buildah skopeo';
const CLUSTERS =
  'kubectl oc k3s k9s helm helmfile kustomize argocd flux istioctl velero kubeadm eksctl kops calicoctl cilium rancher nomad consul skaffold tilt stern kubectx kubens talosctl';

const ASKS =
  /^(ls|list|logs?|inspect|ps|config|images|top|events|port|version|show|info|history|df|status|get|describe|search|view|explain|diff|api-resources|api-versions|cluster-info|can-i|whoami|tree|validate|members|catalog|lint|template|analyze|verify|current-context|get-contexts|get-clusters|get-users|stats|help)$/;

/** `docker network ls`, `docker compose logs`: a noun, and a verb that only asks. */
const asksAbout: Condition = ({ operands }) => ASKS.test(operands[1]?.text ?? '');

const CHANGES =
  /^(apply|create|edit|patch|replace|scale|autoscale|expose|set|set-.*|use|use-.*|label|annotate|restart|pause|resume|run|exec|cp|port-forward|attach|debug|install|upgrade|rollback|sync|init|join|adm|taint|cordon|uncordon|drain|approve|deny|import|push|put|add|new-.*|restore|write|stop|proxy|bootstrap|reconcile|suspend|dev|up|deploy|login|update|register|switch|rename-.*|delete-.*|unset|dispatch|promote|fail|eval)$/;

/** The first word that says what is done: `kubectl get deploy web` asks, though `deploy` is a verb elsewhere. */
const changes: Condition = ({ operands }) => {
  const said = operands
    .slice(0, 3)
    .find((o) => o.text !== 'config' && (ASKS.test(o.text) || CHANGES.test(o.text)));
  return said !== undefined && CHANGES.test(said.text) && said;
};

export const CONTAINERS: readonly Rule[] = [
  {
    id: 'runs-container',
    programs: ENGINES,
    when: all(
      not(asksAbout),
      verbLike(
        /^(run|exec|start|create|up|build|compose|restart|attach|cp|commit|load|import|launch|shell|bake|buildx|update|rename|tag|save|export|unpause|pause|define|init|network|volume|context|swarm|service|stack|copy|secret|config|image|system|machine|ssh|provision|resume|suspend|snapshot|clone|modifyvm|pod|kube|play)$/,
      ),
    ),
    dimension: 'write',
    points: 4,
    message: 'runs or changes containers or machines',
    opaque: true,
    matches: ['docker run alpine ls', 'docker exec a ls', 'docker compose up'],
    not_matches: ['docker ps', 'docker images', 'docker inspect a', 'docker logs a'],
  },
  {
    id: 'moves-images',
    programs: ENGINES,
    when: all(not(asksAbout), verbLike(/^(pull|push|login|logout|search|run|build|manifest|copy|sync)$/)),
    dimension: 'network',
    points: 4,
    message: 'exchanges images with a registry',
    matches: ['docker pull alpine', 'docker push a/b'],
    not_matches: ['docker ps'],
  },
  {
    id: 'container-opens-host',
    programs: ENGINES,
    when: all(
      verbLike(/^(run|exec|create|update)$/),
      word(
        /^--(privileged|pid=host|ipc=host|userns=host|uts=host|cap-add(=.*)?|device(=.*)?|security-opt(=.*unconfined)?|net=host|network=host)$|docker\.sock|^(type=bind,)?(source=|src=)?\/(etc|root|home|proc|sys|var|dev|boot|usr)?:|,?(source|src)=\/(,|$)|^(--volume=|-v)?\/:|seccomp=unconfined/,
      ),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'gives a container the rights or the files of this machine',
    matches: [
      'docker run --privileged alpine',
      'docker run -v /:/host alpine',
      'docker run -v /var/run/docker.sock:/s alpine',
    ],
    not_matches: ['docker run -v ./a:/a alpine', 'docker ps'],
  },
  {
    id: 'removes-containers',
    programs: ENGINES,
    when: verbLike(
      /^((.*-)?(rm|delete|destroy|undefine|remove)|rmi|rmp|stop|stopp|kill|down|remove|delete|prune|destroy|undefine|purge|halt|unregistervm|reset|shutdown|unpublish|forcestop|closemedium)$/,
    ),
    dimension: 'blast_radius',
    points: 4,
    message: 'stops or removes containers, images or machines',
    matches: ['docker rm a', 'docker compose down', 'docker stop a', 'docker image prune'],
    not_matches: ['docker ps', 'docker run --rm alpine'],
  },
  {
    id: 'removes-container-data',
    programs: ENGINES,
    when: any(
      verb('system prune, volume rm, volume prune, volume remove, builder prune, machine rm', 'system reset'),
      all(verbLike(/^(down|rm|prune)$/), flag('-v', '--volumes', '-a', '--all')),
      all(verbLike(/^(rm|stop|kill|rmi)$/), (c) => c.args.some((a) => a.substitution) || c.fed),
    ),
    dimension: 'blast_radius',
    points: 6,
    message: 'removes the data of containers, or all of them',
    matches: [
      'docker system prune -af',
      'docker volume rm data',
      'docker rm $(docker ps -aq)',
      'docker compose down -v',
    ],
    not_matches: ['docker rm a', 'docker volume ls'],
  },
  {
    id: 'destroys-machine',
    programs: 'vagrant virsh lxc incus multipass VBoxManage lima limactl colima',
    when: all(
      not(asksAbout),
      verb(
        'destroy, undefine, delete, purge, unregistervm, closemedium',
        'vol-delete, vol-wipe, pool-delete',
      ),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'destroys a virtual machine or its disks',
    matches: ['vagrant destroy -f', 'virsh undefine a', 'lxc delete -f a'],
    not_matches: ['vagrant halt', 'virsh list', 'lxc stop a', 'docker rm a'],
  },
  {
    id: 'asks-cluster',
    programs: CLUSTERS,
    dimension: 'network',
    points: 3,
    message: 'talks to a cluster',
    whatever: true,
    matches: ['kubectl get pods', 'helm list'],
    not_matches: ['docker ps'],
  },
  {
    id: 'changes-cluster',
    programs: CLUSTERS,
    when: changes,
    dimension: 'blast_radius',
    points: 4,
    message: 'changes what runs in a cluster',
    matches: [
      'kubectl apply -f a.yaml',
      'kubectl -n prod scale deploy/a --replicas=0',
      'helm upgrade a b',
      'kubectl apply -f a.yaml --dry-run=client',
      'kubectl config delete-context a',
    ],
    not_matches: ['kubectl get pods', 'kubectl describe pod a', 'helm list', 'kubectl get deploy a'],
  },
  {
    id: 'deletes-in-cluster',
    programs: CLUSTERS,
    when: all(
      ({ operands }) => !ASKS.test(operands[0]?.text ?? ''),
      verbLike(/^(delete|del|drain|uninstall|destroy|reset|purge|remove|undo|evict|prune|leave|gc)$/),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'deletes from a cluster',
    matches: [
      'kubectl delete pod a',
      'kubectl -n prod delete ns a',
      'helm uninstall a',
      'velero backup delete --all',
    ],
    not_matches: ['kubectl get pods', 'kubectl describe pod delete-me'],
  },
  {
    id: 'reads-cluster-secrets',
    programs: CLUSTERS,
    when: any(
      all(verb('get', 'describe', 'view'), operand(/^secrets?(\/|$|,)|,secrets?(,|$)/)),
      all(verb('config view'), flag('--raw', '--flatten')),
      verb('create token'),
      operand(/serviceaccount\/token/),
    ),
    dimension: 'credential',
    points: 6,
    message: 'reads the secrets of a cluster',
    matches: ['kubectl get secrets', 'kubectl -n a get secret/b -o yaml'],
    not_matches: ['kubectl get pods'],
  },
  {
    id: 'lists-containers',
    programs: ENGINES,
    when: all(verb('search, registry, manifest inspect, buildx imagetools inspect'), not(flag('--help'))),
    dimension: 'network',
    points: 3,
    message: 'asks a registry of images',
    matches: ['docker search alpine'],
    not_matches: ['docker ps'],
  },
];
