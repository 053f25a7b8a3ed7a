// Who may import whom. One table, ladder.json: a folder reaches only those above it in the list,
// directly or through others. What the order cannot say stands here, each rule with its reason.
const ladder = require('./ladder.json');

const services = ladder
  .slice(ladder.indexOf('shared/universe'), ladder.indexOf('functions'))
  .map((folder) => folder.slice('shared/'.length));

/** The files of a folder; of one with rooms of its own in the table, those beside the rooms. */
const filesOf = (folder) =>
  ladder.some((other) => other.startsWith(`${folder}/`)) ? `^${folder}/[^/]+$` : `^${folder}/`;

const ladderRules = ladder
  .map((folder, index) => ({
    name: `ladder-${folder.replaceAll('/', '-')}`,
    comment: 'A folder reaches only those above it in the table.',
    severity: 'error',
    from: { path: filesOf(folder) },
    to: { path: ladder.slice(index + 1).map(filesOf) },
  }))
  .filter((rule) => rule.to.path.length > 0);

/** A model sees the kernel, the mathematics, its own room and the models above it. */
const modelRules = services.map((service, index) => ({
  name: `model-${service}`,
  comment: 'Models are pure: they know no store, no contract and no process.',
  severity: 'error',
  from: { path: `^shared/${service}/model/` },
  to: {
    path: '^(shared|gateway|functions|template|protos)/',
    pathNot: [
      '^shared/(kernel|quant)/',
      ...services.slice(0, index + 1).map((left) => `^shared/${left}/model/`),
      // What every model measures on; an interface only.
      '^shared/universe/market-reader\\.ts$',
    ],
  },
}));

/** Only a service's own room and handlers use its store. */
const storeRules = services.map((service) => ({
  name: `store-${service}`,
  comment: "Only a service's own store writes its keys; others read through its reader.",
  severity: 'error',
  from: {
    path: '^(shared|functions|gateway|cli)/',
    pathNot: [`^shared/${service}/`, `^functions/${service}/`],
  },
  to: { path: `^shared/${service}/[a-z/-]+-store\\.ts$` },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files in a cycle cannot be read one after the other.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { pathNot: '^protos/gen/' } },
    },
    ...ladderRules,
    {
      name: 'kernel-imports-nothing',
      comment: 'The kernel holds the basic terms; hash.ts alone may use node:crypto.',
      severity: 'error',
      from: { path: '^shared/kernel/' },
      to: { pathNot: ['^shared/kernel/', '^(node:)?crypto$'] },
    },
    {
      name: 'model-no-node',
      comment: 'Models and mathematics do no I/O.',
      severity: 'error',
      from: { path: '^shared/([a-z]+/model|quant)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'model-no-infrastructure',
      comment: 'Models and mathematics know neither stores nor schemas.',
      severity: 'error',
      from: { path: '^shared/([a-z]+/model|quant)/' },
      to: { path: 'node_modules/(zod|ioredis|bullmq|express|@grpc)/' },
    },
    ...modelRules,
    ...storeRules,
    {
      name: 'clients-no-store',
      comment: 'Clients talk to the outside; they keep no state of ours.',
      severity: 'error',
      from: { path: '^shared/clients/' },
      to: { path: '-store\\.ts$' },
    },
    {
      name: 'handler-no-handler',
      comment: 'A handler calls another operation through the functions client.',
      severity: 'error',
      // A replay runs the handlers of production over stores in memory, without a call.
      from: {
        path: '^functions/([^/]+/[^/]+)/',
        pathNot: '^functions/gateway/run-replay/replayed-handlers\\.ts$',
      },
      to: { path: '^functions/', pathNot: '^functions/$1/' },
    },
    {
      name: 'handler-no-raw-redis',
      comment: 'Handlers use stores.',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '(^shared/redis/|node_modules/(ioredis|bullmq)/)' },
    },
    {
      name: 'gateway-no-services',
      comment: 'The gateway transports calls; it neither computes nor stores.',
      severity: 'error',
      from: { path: '^gateway/' },
      to: { path: `(-store\\.ts$|^shared/(${services.join('|')})/)` },
    },
    {
      name: 'template-is-free',
      comment: 'Anyone may use the template.',
      severity: 'error',
      from: { path: '^template/' },
      to: { path: '^(shared|gateway|functions|protos)/' },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'Tests are leaves; the soak runs the simulation of the tests for longer.',
      severity: 'error',
      from: { pathNot: '^(tests|scripts/soak)/' },
      to: { path: '^tests/' },
    },
    {
      name: 'no-vague-names',
      comment: 'If such a name is needed, the concept is missing.',
      severity: 'error',
      from: {},
      to: {
        path: '^(shared|gateway|functions|template|scripts|cli)/.*(utils?|helpers?|common|misc|types|manager|index)\\.ts$',
        pathNot: '^(protos/gen/|template/node-typescript/index\\.ts)',
      },
    },
    {
      name: 'matrix-library-in-one-file',
      comment: 'Factorisations of a library have one file in front of them (decision 017).',
      severity: 'error',
      from: { pathNot: '^shared/quant/linear-algebra/matrix\\.ts$' },
      to: { path: 'node_modules/ml-matrix/' },
    },
    {
      name: 'declared-packages-only',
      comment: 'What is imported is in package.json.',
      severity: 'error',
      from: { path: '^(shared|gateway|functions|template|cli)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolves',
      comment: 'Every import resolves; the sample finds the template through the build.',
      severity: 'error',
      from: { pathNot: '^template/node-typescript/function/' },
      to: { couldNotResolve: true, pathNot: ['\\.lua$', '^\\.\\./dist/'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.lua'],
    },
  },
};
