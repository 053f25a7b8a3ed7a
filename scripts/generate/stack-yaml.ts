/**
 * The two stack files of the one catalogue, as faas-cli deploys them: a function an operation, and a
 * function a service. Queued operations name their topic in an
 * annotation that connectors read.
 */
import { stringify } from 'yaml';
import { operations, operationsOf } from '#shared/contract/catalogue.ts';
import {
  packFolder,
  pageFunction,
  serviceNames,
  type ServiceName,
} from '#shared/contract/names.ts';
import type { Effect, Operation } from '#shared/contract/row.ts';
import { marketSecrets } from '#shared/process/settings/market-settings.ts';
import { noticeSecrets } from '#shared/process/settings/notice-settings.ts';

const GATEWAY = 'http://127.0.0.1:8080';
const TEMPLATE = 'node-typescript';
/** The platform cuts off only what did not answer by itself when its own time was up. */
const EXEC_MARGIN_MS = 2_000;
const SOCKET_MARGIN_MS = 5_000;
/** The longest that the page streams events before the browser asks again. */
const PAGE_STREAM_MS = 53_000;
const HEAD = [
  '# Generated from the catalogue of operations by `npm run generate`; do not edit.',
  '#',
  '# Brokers, sources of prices and notices read more secrets than are named below, since a function that names a',
  '# missing secret does not deploy. Add them to `secrets` of each function where these settings are made:',
  ...Object.entries(marketSecrets).map(([made, secrets]) => `#   ${made}: ${secrets.join(', ')}`),
  ...Object.entries(noticeSecrets).map(([made, secret]) => `#   ${made}: ${secret}`),
  '',
].join('\n');

/** Stateful services run near Redis; CPU-bound ones on the other board. */
const boards: Readonly<Record<ServiceName, 'compute' | 'state'>> = {
  planning: 'compute',
  scoring: 'compute',
  optimization: 'compute',
  gateway: 'compute',
  portfolio: 'state',
  trading: 'state',
  universe: 'state',
};

/** `stack.yml`: one function an operation. */
export function stackFile(): string {
  return stackOf(
    operations.map((operation) => [
      operation.name,
      entry(operation.name, operation.folder, operation.service, [operation]),
    ]),
  );
}

/** `stack.packed.yml`: one function a service, its operations by path. */
export function packedStackFile(): string {
  return stackOf(
    serviceNames.map((service) => [
      service,
      entry(service, packFolder(service), service, operationsOf(service)),
    ]),
  );
}

/** `deploy/chart/files/functions.yaml`: both layouts, as the templates of the chart read them. */
export function chartFunctions(): string {
  const page: [string, object] = [pageFunction.name, pageEntry()];
  const single = operations.map((operation): [string, object, Operation[]] => [
    operation.name,
    entry(operation.name, operation.folder, operation.service, [operation]),
    [operation],
  ]);
  const packed = serviceNames.map((service): [string, object, readonly Operation[]] => [
    service,
    entry(service, packFolder(service), service, operationsOf(service)),
    operationsOf(service),
  ]);
  const layouts = {
    packed: [...packed, [...page, []] as const].map(chartEntry),
    single: [...single, [...page, []] as const].map(chartEntry),
  };
  return HEAD + stringify(layouts, { lineWidth: 0, aliasDuplicateObjects: false });
}

function chartEntry([name, stackEntry, operations]: readonly [
  string,
  object,
  readonly Operation[],
]) {
  const { labels, environment, secrets } = stackEntry as ReturnType<typeof entry>;
  const topics = operations.filter(({ queue }) => queue).map(({ topic }) => topic);
  return { name, service: labels.service, effect: labels.effect, environment, secrets, topics };
}

function stackOf(functions: [name: string, entry: object][]): string {
  const stack = {
    version: '1.0',
    provider: { name: 'openfaas', gateway: GATEWAY },
    functions: Object.fromEntries([...functions, [pageFunction.name, pageEntry()]]),
    configuration: {
      templates: [{ name: TEMPLATE }],
      // The lock file makes an image hold the very packages that the tests ran with.
      copy: ['./shared', './protos', './functions', './package.json', './package-lock.json'],
    },
  };
  return (
    HEAD +
    stringify(stack, {
      lineWidth: 0,
      aliasDuplicateObjects: false,
      defaultStringType: 'QUOTE_DOUBLE',
      defaultKeyType: 'PLAIN',
    })
  );
}

/** A function that carries these operations: it may do what any of them does, for as long. */
function entry(
  name: string,
  folder: string,
  service: ServiceName,
  operations: readonly Operation[],
) {
  const timeoutMs = Math.max(...operations.map((operation) => operation.timeoutMs));
  const annotations = annotationsOf(operations);
  return {
    lang: TEMPLATE,
    handler: `./${folder}`,
    image: `\${IMAGE_PREFIX:-arduino-trader}/${name}:\${IMAGE_TAG:-latest}`,
    environment: timesOf(timeoutMs),
    secrets: ['read-token', 'write-token', 'trade-token'],
    labels: { service, effect: greatest(operations), board: boards[service] },
    ...(annotations && { annotations }),
  };
}

function timesOf(timeoutMs: number) {
  return {
    exec_timeout: seconds(timeoutMs + EXEC_MARGIN_MS),
    read_timeout: seconds(timeoutMs + SOCKET_MARGIN_MS),
    write_timeout: seconds(timeoutMs + SOCKET_MARGIN_MS),
  };
}

/** The owner's page; on the board with the gateway service, whose operation it calls. */
function pageEntry() {
  const { name, folder } = pageFunction;
  const page = entry(name, folder, 'gateway', []);
  return {
    ...page,
    environment: timesOf(PAGE_STREAM_MS),
    secrets: ['operator-password', ...page.secrets],
    labels: { ...page.labels, effect: 'trades' },
  };
}

function greatest(operations: readonly Operation[]): Effect {
  const effects = operations.map(({ effect }) => effect);
  if (effects.includes('trades')) return 'trades';
  return effects.includes('writes') ? 'writes' : 'reads';
}

/** No schedules: the table of jobs is the one that says what runs by the clock (decision 011). */
function annotationsOf(operations: readonly Operation[]): Record<string, string> | undefined {
  const topics = operations.filter(({ queue }) => queue).map(({ topic }) => topic);
  return topics.length === 0 ? undefined : { topic: topics.join(',') };
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)}s`;
}
