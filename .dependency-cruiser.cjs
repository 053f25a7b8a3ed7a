// Who may import whom. Each rule says why; the order of the services is the order of dependence.
const services = [
  'universe',
  'portfolio',
  'scoring',
  'optimization',
  'planning',
  'trading',
  'gateway',
];

/** A model sees the kernel, its own room and the models to its left. */
const modelRules = services.map((service, index) => ({
  name: `model-${service}`,
  comment: 'A model knows the kernel and the models before it in the line; nothing to its right.',
  severity: 'error',
  from: { path: `^shared/${service}/model/` },
  to: {
    path: '^(shared|gateway|functions|template|protos)/',
    pathNot: [
      '^shared/kernel/',
      ...services.slice(0, index + 1).map((left) => `^shared/${left}/model/`),
      // Views of the market that every model measures with; interfaces only.
      '^shared/universe/(market-view|market-reader)\\.ts$',
    ],
    dependencyTypesNot: [],
  },
}));

/** Only a service's own room and handlers use its store. */
const storeRules = services.map((service) => ({
  name: `store-${service}`,
  comment: "Only a service's own store writes its keys; others read through its reader.",
  severity: 'error',
  from: {
    path: '^(shared|functions|gateway)/',
    pathNot: [`^shared/${service}/`, `^functions/${service}/`],
  },
  to: { path: `^shared/${service}/[a-z-]+-store\\.ts$` },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle is one room with two doors.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { pathNot: '^protos/gen/' } },
    },
    {
      name: 'kernel-imports-nothing',
      comment: 'The kernel is the words of the trade; hash.ts alone may use node:crypto.',
      severity: 'error',
      from: { path: '^shared/kernel/' },
      to: { pathNot: ['^shared/kernel/', '^(node:)?crypto$'] },
    },
    {
      name: 'model-no-node',
      comment: 'Models do no I/O.',
      severity: 'error',
      from: { path: '^shared/[a-z]+/model/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'model-no-infrastructure',
      comment: 'Models know neither stores nor schemas.',
      severity: 'error',
      from: { path: '^shared/[a-z]+/model/' },
      to: { path: 'node_modules/(zod|ioredis|bullmq|express|@grpc)/' },
    },
    ...modelRules,
    ...storeRules,
    {
      name: 'redis-knows-no-service',
      comment: 'Redis is below the services.',
      severity: 'error',
      from: { path: '^shared/redis/' },
      to: {
        path: `^(shared/(${services.join('|')})/|shared/(clients|runtime)/|gateway/|functions/)`,
      },
    },
    {
      name: 'operations-are-facts',
      comment: 'The catalogue holds rows, not behaviour.',
      severity: 'error',
      from: { path: '^shared/operations/' },
      to: { path: '(-store\\.ts$|/model/|^shared/(runtime|redis|clients)/|^gateway/|^functions/)' },
    },
    {
      name: 'clients-no-store',
      comment: 'Clients talk to the outside; they keep no state of ours.',
      severity: 'error',
      from: { path: '^shared/clients/' },
      to: { path: `(^shared/(${services.join('|')})/(?!contract\\.ts)|^gateway/|^functions/)` },
    },
    {
      name: 'runtime-no-service',
      comment: 'The runtime surrounds operations; it knows none of them.',
      severity: 'error',
      from: { path: '^shared/runtime/' },
      to: { path: `^(shared/(${services.join('|')})/|gateway/|functions/)` },
    },
    {
      name: 'handler-no-handler',
      comment: 'A handler calls another operation through the functions client.',
      severity: 'error',
      from: { path: '^functions/([^/]+/[^/]+)/' },
      to: { path: '^functions/', pathNot: '^functions/$1/' },
    },
    {
      name: 'handler-no-gateway',
      comment: 'A function does not know its host.',
      severity: 'error',
      from: { path: '^(functions|shared)/' },
      to: { path: '^gateway/' },
    },
    {
      name: 'handler-no-raw-redis',
      comment: 'Handlers speak to stores.',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '(^shared/redis/|node_modules/(ioredis|bullmq)/)' },
    },
    {
      name: 'gateway-no-thinking',
      comment: 'The gateway carries calls; it neither thinks nor stores.',
      severity: 'error',
      from: { path: '^gateway/' },
      to: { path: `(-store\\.ts$|^shared/(${services.join('|')})/(?!contract\\.ts))` },
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
      comment: 'Tests are leaves.',
      severity: 'error',
      from: { pathNot: '^tests/' },
      to: { path: '^tests/' },
    },
    {
      name: 'no-vague-names',
      comment: 'If a name is needed, the concept is missing.',
      severity: 'error',
      from: {},
      to: {
        path: '^(shared|gateway|functions|template|scripts)/.*(utils?|helpers?|common|misc|types|manager|index)\\.ts$',
        pathNot: '^(protos/gen/|template/node-typescript/index\\.ts)',
      },
    },
    {
      name: 'declared-packages-only',
      comment: 'What is imported is in package.json.',
      severity: 'error',
      from: { path: '^(shared|gateway|functions|template)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolves',
      comment: 'Every import leads somewhere; the sample finds the template by the build.',
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
