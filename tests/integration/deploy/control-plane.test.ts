/** The chart on a real control plane: what the API server of a cluster says to it. Nothing is scheduled there. */
import { parseAllDocuments } from 'yaml';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openControlPlane, type ControlPlane } from '../../support/deployment/control-plane.ts';
import { findDefinitions, functionDefinition } from '../../support/deployment/custom-resources.ts';
import { describeNeeding } from '../../support/needing.ts';
import { findTool, ran, type Ran } from './tools.ts';

const CHART = 'deploy/chart';
const tools = {
  helm: findTool('HELM', 'helm'),
  kubectl: findTool('KUBECTL', 'kubectl'),
  etcd: findTool('ETCD', 'etcd'),
  'kube-apiserver': findTool('KUBE_APISERVER', 'kube-apiserver'),
};
const absent = Object.entries(tools).filter(([, path]) => path === undefined);
const definitions = findDefinitions();
const missing =
  absent.length > 0
    ? `no ${absent.map(([name]) => name).join(', no ')} is installed`
    : definitions === undefined
      ? 'the Go modules of KEDA and the Prometheus operator were not downloaded'
      : undefined;

const variants: readonly [name: string, values: readonly string[]][] = [
  ['plain packed', []],
  ['plain single', ['layout=single', 'autoscaling.kind=hpa']],
  ['plain, keda, monitored', ['autoscaling.kind=keda', 'serviceMonitor.enabled=true']],
  ['openfaas packed', ['mode=openfaas']],
  ['openfaas, another Redis', ['mode=openfaas', 'redis.enabled=false', 'connector.storage=']],
];

/** Of the value that it sets itself where a Service names none. */
const BY_DEFAULT = 'Warning: spec.SessionAffinity is ignored for headless services\n';

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: { readonly metadata: object; readonly spec: PodSpec };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
}
interface PodSpec {
  readonly volumes?: readonly object[];
}

describeNeeding(missing, 'a real control plane', () => {
  let plane: ControlPlane;
  const kubectl = (args: readonly string[], input = ''): Ran =>
    ran(tools.kubectl ?? '', args, { KUBECONFIG: plane.kubeconfig }, input);
  /** In the namespace `trader`, unless a resource names another. */
  const helm = (...args: string[]): Ran =>
    ran(tools.helm ?? '', args, { KUBECONFIG: plane.kubeconfig });
  const rendered = (values: readonly string[]): string => {
    const sets = values.flatMap((value) => ['--set', value]);
    const { code, out, err } = helm('template', 'trader', CHART, '--validate', ...sets);
    expect([code, err]).toEqual([0, '']);
    return out;
  };
  const judged = (text: string): Ran =>
    kubectl(['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f-'], text);

  beforeAll(async () => {
    const { etcd = '', 'kube-apiserver': apiserver = '' } = tools;
    plane = await openControlPlane({ etcd, apiserver, namespace: 'trader' });
    for (const name of ['trader', 'openfaas-fn']) kubectl(['create', 'namespace', name]);
    const label = 'pod-security.kubernetes.io/enforce=restricted';
    expect(kubectl(['label', 'namespace', 'trader', label]).code).toBe(0);
    // The controller that makes it does not run here.
    kubectl(['create', 'serviceaccount', 'default']);
    const texts = (definitions ?? []).map((file) => readFileSync(file, 'utf8'));
    for (const text of [...texts, JSON.stringify(functionDefinition())])
      expect(kubectl(['apply', '--server-side', '-f-'], text)).toMatchObject({ code: 0 });
    const wait = ['wait', '--for=condition=established', '--timeout=60s', 'crd', '--all'];
    expect(kubectl(wait)).toMatchObject({ code: 0 });
    // They are listed a moment later than they are established.
    while (!kubectl(['api-resources', '-oname']).out.includes('servicemonitors')) await sleep(250);
  }, 180_000);
  afterAll(() => plane.close());

  test.each(variants)(
    'takes %s',
    (_name, values) => {
      const { code, out, err } = judged(rendered(values));
      expect([code, err.replaceAll(BY_DEFAULT, '')]).toEqual([0, '']);
      expect(out.trim().split('\n').length).toBeGreaterThan(10);
    },
    240_000,
  );

  test.each([
    ['an unknown field', [], 'replicas:', 'replicaz:', 'replicaz'],
    ['a number as a text', [], 'maxUnavailable: 1', 'maxUnavailable: one', 'maxUnavailable'],
    ['an unknown field of a Function', ['mode=openfaas'], 'readOnlyRoot', 'readOnlyRot', 'Rot'],
  ])(
    'refuses %s',
    (_name, values, right, wrong, named) => {
      const { code, err } = judged(rendered(values).replaceAll(right, wrong));
      expect([code, err]).toEqual([1, expect.stringContaining(named)]);
    },
    240_000,
  );

  /** Deployments are taken whatever their pods are; pods themselves are held against the standard. */
  const pods = (text: string): object[] =>
    parseAllDocuments(text)
      .map((document) => document.toJS() as Workload | null)
      .filter((one) => one !== null)
      .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
      .map(({ metadata, spec: { template, volumeClaimTemplates = [] } }) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...template.metadata, name: metadata.name },
        spec: {
          ...template.spec,
          volumes: [
            ...(template.spec.volumes ?? []),
            ...volumeClaimTemplates.map((claim) => ({ name: claim.metadata.name, emptyDir: {} })),
          ],
        },
      }));
  const created = (list: readonly object[]): Ran =>
    kubectl(
      ['create', '--dry-run=server', '-f-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: list }),
    );

  test('admits every pod where the standard for pods is restricted', () => {
    const all = pods(rendered([]));
    expect(all.length).toBeGreaterThan(8);
    expect(created(all)).toMatchObject({ code: 0, err: '' });
  }, 120_000);

  test('would refuse a pod with more rights', () => {
    const text = rendered([]).replaceAll('runAsNonRoot: true', 'runAsNonRoot: false');
    expect(created(pods(text)).err).toContain('violates PodSecurity "restricted');
  }, 120_000);

  test('takes an installation, an upgrade, the way back and the removal', () => {
    const install = ['upgrade', '--install', 'trader', CHART];
    expect(helm(...install, '--dry-run=server')).toMatchObject({ code: 0 });
    expect(helm(...install)).toMatchObject({ code: 0 });
    const values = ['image.tag=2', 'functions.replicas=2', 'autoscaling.kind=hpa'];
    const sets = values.flatMap((value) => ['--set', value]);
    expect(helm(...install, '--reuse-values', ...sets)).toMatchObject({ code: 0 });
    const image = ['get', 'deployment', 'trader-planning', '-ojsonpath={..image}'];
    expect(kubectl(image).out).toMatch(/\/planning:2$/);
    expect(helm('rollback', 'trader')).toMatchObject({ code: 0 });
    expect(kubectl(image).out).toMatch(/\/planning:0\.1\.0$/);
    expect(helm('uninstall', 'trader')).toMatchObject({ code: 0 });
    expect(kubectl(['get', 'deployment,statefulset', '-oname']).out).toBe('');
  }, 240_000);
});
