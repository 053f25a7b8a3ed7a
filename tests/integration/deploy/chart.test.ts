/** The Helm chart, as Helm renders it, judged by the schemas of Kubernetes and by what it promises. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { operations } from '#shared/contract/catalogue.ts';
import { serviceNames } from '#shared/contract/names.ts';
import { describeNeeding } from '../../support/needing.ts';
import { findDefinitions, writeCustomSchemas } from '../../support/deployment/custom-resources.ts';
import { findApiDescription, writeSchemas } from '../../support/deployment/kubernetes-schemas.ts';
import { findTool, ran, type Ran } from './tools.ts';

const CHART = 'deploy/chart';
const helm = findTool('HELM', 'helm');
const kubeconform = findTool('KUBECONFORM', 'kubeconform');
const kubeScore = findTool('KUBE_SCORE', 'kube-score');

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec: PodSpec; readonly metadata: { labels: object } };
    readonly selector?: { readonly matchLabels?: object } & Record<string, unknown>;
    readonly [field: string]: unknown;
  };
  readonly data?: Record<string, string>;
}

interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: object;
  readonly containers: readonly {
    readonly name: string;
    readonly securityContext: object;
    readonly resources: { readonly requests?: object; readonly limits?: { memory?: string } };
    readonly livenessProbe?: object;
  }[];
}

/** As a chart's user has it who uses more of it. */
const EVERYTHING = [
  ...['autoscaling.kind=keda', 'serviceMonitor.enabled=true', 'functions.stateEpoch=true'],
  ...[
    'functions.secrets={alpaca-key-id,alpaca-secret-key}',
    'scheduling.priorityClassName=trading',
  ],
  ...['scheduling.nodeSelector.disk=ssd', 'image.pullSecrets[0].name=registry'],
  ...[
    'networkPolicies.facadeFrom[0].podSelector.matchLabels.app=client',
    'clusterDomain=example.internal',
  ],
];

const layouts: readonly [name: string, values: readonly string[]][] = [
  ['plain packed', []],
  ['plain single', ['layout=single', 'autoscaling.kind=hpa']],
  ['openfaas packed', ['mode=openfaas']],
  ['openfaas single', ['mode=openfaas', 'layout=single', 'redis.enabled=false']],
  ['plain, keda, monitored', ['autoscaling.kind=keda', 'serviceMonitor.enabled=true']],
  ['plain, everything', EVERYTHING],
  ['openfaas, another Redis', ['mode=openfaas', 'redis.enabled=false', 'connector.storage=']],
];

function rendered(...values: string[]): { text: string; resources: Resource[] } {
  const sets = values.flatMap((value) => ['--set', value]);
  const { code, out, err } = ran(helm ?? '', [
    ...['template', 'trader', CHART, '--namespace', 'trader', '--kube-version', '1.34.0'],
    ...sets,
  ]);
  expect([code, err]).toEqual([0, '']);
  const documents = parseAllDocuments(out);
  // A key twice in a mapping is refused by kustomize and others that read what Helm rendered.
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  const resources = documents
    .map((document) => document.toJS() as Resource | null)
    .filter((one): one is Resource => one !== null);
  return { text: out, resources };
}

const isSubset = (some: object, all: object): boolean =>
  Object.entries(some).every(([key, value]) => (all as Record<string, unknown>)[key] === value);

const ofKind = (resources: readonly Resource[], ...kinds: string[]): Resource[] =>
  resources.filter(({ kind }) => kinds.includes(kind));

describeNeeding(helm === undefined ? 'no helm is installed' : undefined, 'the chart', () => {
  test('helm lint passes', () => {
    expect(ran(helm ?? '', ['lint', CHART, '--strict', '--kube-version', '1.34.0']).code).toBe(0);
  });

  test.each(layouts)('%s: every function of the catalogue is deployed once', (name, values) => {
    const { resources } = rendered(...values);
    const functions = name.startsWith('openfaas')
      ? ofKind(resources, 'Function').map(({ metadata }) => metadata.name)
      : ofKind(resources, 'Deployment')
          .filter(({ metadata }) => metadata.labels?.['trader/service'])
          .map(({ metadata }) => metadata.name.replace('trader-', ''));
    const expected = values.includes('layout=single') ? operations : serviceNames;
    const names = expected.map((one) => (typeof one === 'string' ? one : one.name));
    expect(functions.filter((one) => one !== 'page').sort()).toEqual([...names].sort());
  });

  test.each(layouts)('%s: no pod has rights, and each has limits and a budget', (_name, values) => {
    const { resources } = rendered(...values);
    const pods = ofKind(resources, 'Deployment', 'StatefulSet');
    expect(pods.length).toBeGreaterThan(1);
    for (const { metadata, spec } of pods) {
      const pod = spec?.template?.spec as PodSpec;
      expect([metadata.name, pod.automountServiceAccountToken]).toEqual([metadata.name, false]);
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources.requests).toBeDefined();
        expect(container.resources.limits?.memory).toBeDefined();
        expect(container.livenessProbe).toBeDefined();
      }
    }
    const budgets = ofKind(resources, 'PodDisruptionBudget').map(({ spec }) =>
      JSON.stringify(spec?.selector?.matchLabels),
    );
    const selectors = pods.map(({ spec }) => JSON.stringify(spec?.selector?.matchLabels));
    expect(budgets.sort()).toEqual(selectors.sort());
  });

  test('all network access is closed unless a policy opens it', () => {
    const { resources } = rendered();
    const policies = ofKind(resources, 'NetworkPolicy').map(({ metadata }) => metadata.name);
    expect(policies.sort()).toEqual(
      ['default', 'functions', 'router', 'connector', 'facade', 'redis', 'test']
        .map((name) => `trader-${name}`)
        .sort(),
    );
  });

  test('the router knows the functions of the layout and no others', () => {
    const { resources } = rendered('layout=single');
    const config = ofKind(resources, 'ConfigMap').find(({ data }) => data?.['default.conf']);
    const text = config?.data?.['default.conf'] ?? '';
    for (const { name } of operations)
      expect(text).toContain(`"~^/function/${name}(/|$)" "${name}";`);
  });

  test('queues with work scale their functions', () => {
    const { resources } = rendered('autoscaling.kind=keda');
    const scaled = ofKind(resources, 'ScaledObject').map(({ metadata }) => metadata.name);
    const queued = new Set(operations.filter(({ queue }) => queue).map(({ service }) => service));
    expect(scaled.sort()).toEqual([...queued].map((service) => `trader-${service}`).sort());
    expect(JSON.stringify(resources)).toContain('trader:queue:planning.create-plan:wait');
  });

  test('functions reach public addresses and DNS, and nothing within the cluster but Redis and the router', () => {
    const { resources } = rendered();
    const rules = ofKind(resources, 'NetworkPolicy').flatMap(
      ({ spec }) =>
        (spec?.['egress'] ?? []) as { to?: { ipBlock?: { cidr: string; except?: string[] } }[] }[],
    );
    for (const { to = [] } of rules) {
      expect(to.length).toBeGreaterThan(0);
      for (const { ipBlock } of to)
        if (ipBlock?.cidr === '0.0.0.0/0')
          expect(ipBlock.except).toEqual(expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16']));
    }
  });

  test('with OpenFaaS the connector, the facade and the test reach its gateway within the cluster only', () => {
    const { resources } = rendered('mode=openfaas');
    const names = ['trader-connector', 'trader-facade', 'trader-test'];
    const policies = ofKind(resources, 'NetworkPolicy').filter(({ metadata }) =>
      names.includes(metadata.name),
    );
    expect(policies).toHaveLength(names.length);
    for (const { spec } of policies) {
      const rules = spec?.['egress'] as { to?: object[]; ports: { port: number }[] }[];
      const toGateway = rules.filter(({ ports }) => ports.some(({ port }) => port === 8080));
      expect(toGateway.map(({ to }) => to)).toEqual([[{ namespaceSelector: {} }]]);
    }
  });

  test('every resource says its component where it has one, and what it is part of', () => {
    const { resources } = rendered();
    for (const { kind, metadata } of resources)
      if (kind !== 'Pod')
        expect([metadata.name, metadata.labels]).toEqual([
          metadata.name,
          expect.objectContaining({ 'app.kubernetes.io/part-of': 'arduino-trader' }),
        ]);
    for (const { metadata } of ofKind(resources, 'Deployment', 'StatefulSet', 'Service'))
      expect(metadata.labels).toHaveProperty(['app.kubernetes.io/component']);
  });

  test('keys of brokers and the epoch of the state are mounted as files, and no environment has a secret', () => {
    for (const mode of ['plain', 'openfaas']) {
      const values = EVERYTHING.map((one) =>
        one.replace('keda', mode === 'plain' ? 'keda' : 'none'),
      );
      const { text, resources } = rendered(...values, `mode=${mode}`);
      const functions = ofKind(resources, 'Function', 'Deployment').filter(
        ({ kind, metadata }) => kind === 'Function' || metadata.labels?.['trader/service'],
      );
      for (const one of functions)
        for (const key of ['alpaca-secret-key', 'state-epoch', 'redis-url'])
          expect(JSON.stringify(one)).toContain(`"${key}"`);
      expect(text).not.toContain('secretKeyRef');
    }
  });

  test('settings arrive as they were written, and null leaves one out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chart-values-'));
    const file = join(folder, 'values.yaml');
    await writeFile(
      file,
      'image: { tag: 20261129 }\nsettings: { ORDERS_PER_DAY_MAX: 10000000, A_RATIO: 0.1, STRICT: true, NAME: "07", REDIS_REPLICAS: null }\n',
    );
    const args = ['template', 'trader', CHART, '--kube-version', '1.34.0', '-f', file];
    for (const mode of ['plain', 'openfaas']) {
      const { out } = ran(helm ?? '', [...args, '--set', `mode=${mode}`]);
      for (const value of ['10000000', '0.1', 'true', '07', '20261129'])
        expect(out).toContain(`"${value}"`);
      expect(out).toContain('/planning:20261129');
      expect(out).not.toContain('REDIS_REPLICAS');
    }
    await rm(folder, { recursive: true });
  });

  test('a new version of the functions restarts neither Redis nor the router', () => {
    const pods = (...values: string[]): object =>
      Object.fromEntries(
        ofKind(rendered(...values).resources, 'StatefulSet', 'Deployment')
          .filter(({ metadata }) => /-(redis|router)$/.test(metadata.name))
          .map(({ metadata, spec }) => [metadata.name, spec?.template]),
      );
    expect(pods('image.tag=2')).toEqual(pods('image.tag=1'));
    expect(pods('redis.maxMemory=1gb')).not.toEqual(pods());
  });

  test('each connector has a volume for its record of the state', () => {
    const { resources } = rendered();
    const connector = ofKind(resources, 'StatefulSet').find(
      ({ metadata }) => metadata.name === 'trader-connector',
    );
    expect(connector?.spec?.['volumeClaimTemplates']).toHaveLength(1);
    expect(JSON.stringify(connector)).toContain('{"name":"DATA_DIR","value":"/data"}');
    const { text } = rendered('connector.storage=');
    expect(text).not.toContain('DATA_DIR');
  });

  test.each(['plain', 'openfaas'])(
    '%s: each process is scraped, as the alerts expect it',
    (mode) => {
      const { resources } = rendered(`mode=${mode}`, 'serviceMonitor.enabled=true');
      const monitors = ofKind(resources, 'ServiceMonitor').map(({ spec }) => spec);
      const services = ofKind(resources, 'Service');
      const pods = ofKind(resources, 'Deployment', 'StatefulSet');
      const monitored = pods.filter(({ metadata }) => !/-(redis|router)$/.test(metadata.name));
      expect(monitored.map(({ metadata }) => metadata.name)).toEqual(
        expect.arrayContaining(['trader-connector', 'trader-facade']),
      );
      for (const { metadata, spec } of monitored) {
        const isOf = ({ spec: one }: Resource): boolean =>
          isSubset(one?.selector ?? {}, spec?.template?.metadata.labels ?? {});
        const scraping = services
          .filter(isOf)
          .filter(({ metadata: { labels = {} } }) =>
            monitors.some((monitor) => isSubset(monitor?.selector?.matchLabels ?? {}, labels)),
          );
        expect([metadata.name, scraping.length]).toEqual([metadata.name, 1]);
        expect(scraping[0]?.spec?.['ports']).toContainEqual({
          ...{ name: 'metrics', port: 8081, targetPort: 'metrics' },
        });
        expect(scraping[0]?.metadata.labels).toMatchObject({
          'app.kubernetes.io/name': 'arduino-trader',
        });
        expect(JSON.stringify(spec)).toContain('{"name":"metrics","containerPort":8081}');
      }
      for (const monitor of monitors)
        expect(monitor).toMatchObject({
          ...{ jobLabel: 'app.kubernetes.io/name', endpoints: [{ port: 'metrics' }] },
        });
      const [rule] = ofKind(resources, 'PrometheusRule');
      const expected = parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8')) as object;
      expect(rule?.spec).toEqual(expected);
    },
  );

  test.each(['connector', 'facade'])(
    'the %s shows its metrics to who may read them, and to nobody else',
    (part) => {
      const ports = [{ protocol: 'TCP', port: 8081 }];
      const ingress = (...values: string[]) =>
        ofKind(rendered(...values).resources, 'NetworkPolicy').find(
          ({ metadata }) => metadata.name === `trader-${part}`,
        )?.spec?.['ingress'] as { ports: object[] }[] | undefined;
      expect(ingress()).toContainEqual({ from: [expect.objectContaining({})], ports });
      const none = ingress('networkPolicies.metricsFrom=null') ?? [];
      expect(none).not.toContainEqual(expect.objectContaining({ ports }));
      const { resources } = rendered();
      const pod = ofKind(resources, 'Deployment', 'StatefulSet').find(
        ({ metadata }) => metadata.name === `trader-${part}`,
      );
      const name = part.toUpperCase();
      expect(JSON.stringify(pod)).toContain(`{"name":"${name}_METRICS_PORT","value":"8081"}`);
      expect(JSON.stringify(pod)).toContain(`{"name":"${name}_METRICS_HOST","value":"0.0.0.0"}`);
    },
  );

  test('the Service of the facade, which may be open to the world, has no metrics', () => {
    const { resources } = rendered('facade.service.type=LoadBalancer');
    const open = ofKind(resources, 'Service').find(
      ({ metadata }) => metadata.name === 'trader-facade',
    );
    expect(open?.spec?.['type']).toBe('LoadBalancer');
    expect(JSON.stringify(open)).not.toContain('metrics');
  });

  test.each([
    ['redis.replicas=2', 'three at the least'],
    ['redis.acknowledgedBy=3', 'fewer than redis.replicas'],
    ['mode=other', "'plain', 'openfaas'"],
    ['layout=other', "'packed', 'single'"],
    ['redis.replica=4', "additional properties 'replica' not allowed"],
    ['functions.overrides.planning.replica=4', "additional properties 'replica' not allowed"],
    ['facade.replicas=0', '/facade/replicas'],
    ['autoscaling.kind=cpu', "'none', 'hpa', 'keda'"],
    ['settings.redis-url=x', "'redis-url' does not match"],
    ['settings.A.b=1', '/settings/A'],
    ['networkPolicies.routerFrom[0].podSelektor.a=b', "'podSelektor' not allowed"],
    ['mode=openfaas,autoscaling.kind=hpa', 'OpenFaaS scales its functions itself'],
    ['facade.tlsSecret=', 'needs TLS'],
  ])('%s is refused with a message', (value, why) => {
    const args = ['template', 't', CHART, '--kube-version', '1.34.0', '--set', value];
    const { code, err } = ran(helm ?? '', args);
    expect([code, err]).toEqual([1, expect.stringContaining(why)]);
  });
});

/** What the chart does otherwise on purpose. */
const OTHERWISE = [
  // A limit of processor time slows a plan down while processors are idle.
  '--ignore-container-cpu-limit',
  // Users are those of the images; tags are never used twice.
  ...['container-security-context-user-group-id', 'container-image-pull-policy'],
  // The number of replicas is a value; they are spread by topology constraints.
  ...['deployment-replicas', 'deployment-has-host-podantiaffinity'],
  ...['statefulset-has-host-podantiaffinity', 'horizontalpodautoscaler-replicas'],
  // The connector takes no calls; its port is for metrics alone.
  'pod-probes-identical',
].flatMap((one) => (one.startsWith('--') ? [one] : ['--ignore-test', one]));

describeNeeding(
  helm === undefined || kubeScore === undefined
    ? 'no helm or no kube-score is installed'
    : undefined,
  'kube-score',
  () => {
    const scored = (text: string): Ran => {
      const options = ['score', '--kubernetes-version', 'v1.34', '--output-format', 'ci'];
      return ran(kubeScore ?? '', [...options, ...OTHERWISE, '-'], {}, text);
    };
    const complaints = ({ out }: Ran): string[] =>
      out.split('\n').filter((line) => /^\[(CRITICAL|WARNING)/.test(line));

    test.each(layouts)('has nothing to say of %s', (_name, values) => {
      expect(complaints(scored(rendered(...values).text))).toEqual([]);
    });

    test('names a file system that can be written to', () => {
      const text = rendered().text.replaceAll('readOnlyRootFilesystem: true', '');
      expect(complaints(scored(text)).join('\n')).toContain('filesystem');
    });
  },
);

const description = findApiDescription();
const definitions = findDefinitions();
const withoutTools =
  helm === undefined || kubeconform === undefined
    ? 'no helm or no kubeconform is installed'
    : undefined;
const missing =
  withoutTools ??
  (description === undefined ? 'the Go module k8s.io/kubernetes was not downloaded' : undefined);
const CUSTOM = [
  ...['Function', 'ScaledObject', 'TriggerAuthentication'],
  ...['ServiceMonitor', 'PrometheusRule'],
];

/** @param skipped kinds that are not judged */
async function judgedIn(folder: string, text: string, skipped: readonly string[]) {
  const file = join(folder, 'rendered.yaml');
  await writeFile(file, text);
  const location = join(folder, 'schemas', '{{.ResourceKind}}{{.KindSuffix}}.json');
  const schemas = ['-schema-location', location];
  return ran(kubeconform ?? '', ['-skip', skipped.join(','), '-summary', ...schemas, file]);
}

describeNeeding(missing, "Kubernetes' own schemas", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chart-'));
    const kinds = new Set(
      layouts.flatMap(([, values]) => rendered(...values).resources.map((r) => r.kind)),
    );
    writeSchemas(description ?? '', join(folder, 'schemas'), [...kinds]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const judged = (text: string) => judgedIn(folder, text, CUSTOM);

  test.each(layouts)('take %s', async (_name, values) => {
    const { code, out } = await judged(rendered(...values).text);
    expect([code, out]).toEqual([0, expect.stringMatching(/Valid: [1-9].*Invalid: 0, Errors: 0/)]);
  });

  test('refuse a field that does not exist', async () => {
    const { code, out } = await judged(rendered().text.replaceAll('replicas:', 'replicaz:'));
    expect([code, out]).toEqual([1, expect.stringContaining('replicaz')]);
  });
});

const withoutDefinitions =
  withoutTools ??
  (definitions === undefined
    ? 'the Go modules of KEDA and the Prometheus operator were not downloaded'
    : undefined);

describeNeeding(withoutDefinitions, 'the definitions of custom resources', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'custom-'));
    writeCustomSchemas(definitions ?? [], join(folder, 'schemas'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const judged = (values: readonly string[], change: (text: string) => string = (text) => text) => {
    const { text, resources } = rendered(...values);
    const others = resources.map(({ kind }) => kind).filter((kind) => !CUSTOM.includes(kind));
    return judgedIn(folder, change(text), [...new Set(others)]);
  };

  const custom = [
    ['Function', ['mode=openfaas', 'layout=single']],
    ['ScaledObject', ['autoscaling.kind=keda', 'layout=single']],
    ['TriggerAuthentication', ['autoscaling.kind=keda']],
    ['ServiceMonitor', ['serviceMonitor.enabled=true', 'serviceMonitor.labels.release=stack']],
    ['PrometheusRule', ['serviceMonitor.enabled=true', 'serviceMonitor.labels.release=stack']],
  ] as const;

  test.each(custom)('take each %s', async (kind, values) => {
    expect(ofKind(rendered(...values).resources, kind).length).toBeGreaterThan(0);
    const { code, out } = await judged(values);
    expect([code, out]).toEqual([0, expect.stringMatching(/Valid: [1-9].*Invalid: 0, Errors: 0/)]);
  });

  test.each([
    ['Function', 'readOnlyRootFilesystem:', 'readOnlyRootFileSystem:'],
    ['Function', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: "yes"'],
    ['ScaledObject', 'minReplicaCount:', 'minReplicas:'],
    ['ScaledObject', 'scaleTargetRef:', 'scaleTarget:'],
    ['TriggerAuthentication', 'parameter:', 'param:'],
    ['ServiceMonitor', 'endpoints:', 'endPoints:'],
    ['PrometheusRule', 'annotations:', 'annotation:'],
  ])('refuse a %s with %s written as %s', async (kind, right, wrong) => {
    const values = custom.find(([name]) => name === kind)?.[1] ?? [];
    const { code, out } = await judged(values, (text) => text.replaceAll(right, wrong));
    expect([code, out]).toEqual([1, expect.stringMatching(`${kind}.*invalid`)]);
  });
});
