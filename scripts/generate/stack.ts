/**
 * The stack file: one function for each operation, as faas-cli deploys it. Queued operations name
 * their topic, scheduled ones their schedule, in annotations that connectors read.
 */
import { stringify } from 'yaml';
import { operations } from '#shared/operations/catalogue.ts';
import type { ServiceName } from '#shared/operations/names.ts';
import type { Operation } from '#shared/operations/row.ts';

const GATEWAY = 'http://127.0.0.1:8080';
const TEMPLATE = 'node-typescript';
/** The platform cuts off only what did not answer by itself when its own time was up. */
const EXEC_MARGIN_MS = 2_000;
const SOCKET_MARGIN_MS = 5_000;

/** State stays near Redis; thinking goes to the board that has nothing else to do. */
const boards: Readonly<Record<ServiceName, 'compute' | 'state'>> = {
  planning: 'compute',
  scoring: 'compute',
  optimization: 'compute',
  gateway: 'compute',
  portfolio: 'state',
  trading: 'state',
  universe: 'state',
};

export function stackFile(): string {
  const stack = {
    version: '1.0',
    provider: { name: 'openfaas', gateway: GATEWAY },
    functions: Object.fromEntries(
      operations.map((operation) => [operation.name, entry(operation)]),
    ),
    configuration: {
      templates: [{ name: TEMPLATE }],
      copy: ['./shared', './protos'],
    },
  };
  const head = '# Generated from the catalogue of operations by `npm run generate`; do not edit.\n';
  return (
    head +
    stringify(stack, {
      lineWidth: 0,
      aliasDuplicateObjects: false,
      defaultStringType: 'QUOTE_DOUBLE',
      defaultKeyType: 'PLAIN',
    })
  );
}

function entry(operation: Operation) {
  const { name, folder, service, effect, timeoutMs } = operation;
  const annotations = annotationsOf(operation);
  return {
    lang: TEMPLATE,
    handler: `./${folder}`,
    image: `arduino-trader/${name}:latest`,
    environment: {
      exec_timeout: seconds(timeoutMs + EXEC_MARGIN_MS),
      read_timeout: seconds(timeoutMs + SOCKET_MARGIN_MS),
      write_timeout: seconds(timeoutMs + SOCKET_MARGIN_MS),
    },
    secrets: ['write-token', 'trade-token'],
    labels: { service, effect, board: boards[service] },
    ...(annotations && { annotations }),
  };
}

function annotationsOf({ queue, topic, schedule }: Operation): Record<string, string> | undefined {
  const topics = [...(queue ? [topic] : []), ...(schedule === null ? [] : ['cron-function'])];
  if (topics.length === 0) return undefined;
  return { topic: topics.join(','), ...(schedule !== null && { schedule }) };
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000)}s`;
}
