const SERVICES = 'chassis|dispatcher|worker|comparator|cli|console';

// Files that decide: no clock, no random, no environment, no file, no network; snapshots and time are arguments.
const PURE = [
  '^services/chassis/src/(blobs/refusal|logger/clean|metrics/table|tracing/(w3c|settings|scrub)|config/headers|transport/(flow|jobs))\\.ts$',
  '^proto/src/(?!digest|document|paths|hazards)',
  '^services/comparator/src/(compare|decide)/',
  '^services/dispatcher/src/classify/',
  '^services/dispatcher/src/admit/(admit|suggest|next|policy)\\.ts$',
  '^services/dispatcher/src/ledger/(event|order|advance|chain|rows|nul)\\.ts$',
  '^services/dispatcher/src/access/(access|claims|rate|recent|row)\\.ts$',
  '^services/dispatcher/src/approve/(approve|mode)\\.ts$',
  '^services/dispatcher/src/http/(problem|faults|limits|page|seats|table|wire)\\.ts$',
  '^services/dispatcher/src/receipt/(receipt|shorten|links|lines|once)\\.ts$',
  '^services/worker/src/rehearse/(rehearse|steps|wrap|flow)',
  '^services/worker/src/trace/',
  '^services/worker/src/lanes/(request|faults|tally|turns|prospect)\\.ts$',
  '^services/worker/src/gate/(allow|reachability|dns-answer|places|tally|untold|orders)\\.ts$',
  '^services/worker/src/changeset/(landing|members|unpromotable)\\.ts$',
  '^services/worker/src/workspaces/(places|eviction|git-names|mail|base85|limits|refuse)\\.ts$',
  '^services/worker/src/promote/(promote|effect|arrange|record|roots|words)\\.ts$',
  '^services/worker/src/evidence/(evidence|classes|collapse|told|leaks|canaries)\\.ts$',
  '^services/worker/src/sandbox/(container|protocol|seccomp|tracer|refusal)\\.ts$',
];

export default {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'services-never-import-each-other',
      comment: 'only the command line composes them, in one folder',
      severity: 'error',
      from: { path: `^services/(${SERVICES})/`, pathNot: '^services/cli/src/embedded/' },
      to: { path: `^services/(${SERVICES})/`, pathNot: ['^services/$1/', '^services/chassis/'] },
    },
    {
      name: 'proto-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^proto/' },
      to: { path: '^(services|test)/' },
    },
    {
      name: 'chassis-knows-no-service',
      severity: 'error',
      from: { path: '^services/chassis/' },
      to: { path: '^services/', pathNot: '^services/chassis/' },
    },
    {
      name: 'deciding-files-touch-nothing',
      severity: 'error',
      from: { path: PURE, pathNot: '\\.(test|fixture)\\.ts$' },
      to: {
        dependencyTypes: ['core'],
        pathNot: '^(node:)?(buffer|path|path/posix|util|assert)$',
      },
    },
    {
      name: 'traces-cost-only-those-who-keep-them',
      comment: 'the libraries that send spans take longer to load than the command line to start',
      severity: 'error',
      from: { pathNot: '^services/chassis/src/tracing/(collector|scrub)\\.ts$|^node_modules/' },
      to: { path: 'node_modules/@opentelemetry/(?!api/)' },
    },
    {
      name: 'what-sends-spans-is-loaded-when-asked-for',
      severity: 'error',
      from: { pathNot: '^services/chassis/src/tracing/collector(\\.test)?\\.ts$' },
      to: {
        path: '^services/chassis/src/tracing/(collector|scrub)\\.ts$',
        dependencyTypesNot: ['dynamic-import'],
      },
    },
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$|^test/' },
      to: { path: '\\.test\\.ts$|^test/' },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
