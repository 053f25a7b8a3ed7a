import { operationsOf } from '#shared/contract/catalogue.ts';
import { jobsOf } from '#shared/contract/jobs.ts';
import { portOffsets, rpcName, serviceNames, type ServiceName } from '#shared/contract/names.ts';
import type { Operation, QueuePolicy } from '#shared/contract/row.ts';
import type { Descriptors, FieldText } from './request-fields.ts';
import { durationText, generatedFrom, table } from './markdown.ts';

const GRPC_PORT_BASE = 50_051;

const INTRODUCTION = `
Call one with \`POST /function/<name>\` and a JSON body, or as the rpc over gRPC. \`reads\` is open
unless \`READ_ACCESS=token\`; \`writes\` needs the write token or the trade token; \`trades\` needs
the trade token ([access](../operate/access.md)). The schedule is that of the jobs that call the operation. A streaming operation answers one JSON message a line to callers that send
\`Accept: application/x-ndjson\`, and its last message to all others. A key that the JSON gives twice is refused as \`INVALID_REQUEST\`.`;

export function operationsPage(descriptors: Descriptors): string {
  return [
    generatedFrom('the protos and the contracts'),
    '# Operations',
    INTRODUCTION,
    ...serviceNames.map((service) => section(service, descriptors)),
  ].join('\n\n');
}

function section(service: ServiceName, descriptors: Descriptors): string {
  const operations = operationsOf(service);
  const head = ['function', 'rpc', 'effect', 'time limit', 'queue', 'schedule (UTC)', 'needs'];
  return [
    `## ${service} · ${GRPC_PORT_BASE + portOffsets[service]}`,
    table(head, operations.map(rowOf)),
    ...operations.map((operation) => details(operation, descriptors)),
  ].join('\n\n');
}

function rowOf(operation: Operation): string[] {
  const { name, service, rpc, effect, timeoutMs, queue, needs } = operation;
  return [
    `\`${name}\``,
    `\`${rpcName(service, rpc)}\``,
    effect,
    durationText(timeoutMs),
    queue ? queueText(operation.topic, queue) : '',
    jobsOf(operation)
      .map(({ schedule }) => `\`${schedule}\``)
      .join(', '),
    needs.join(', '),
  ];
}

function queueText(topic: string, queue: QueuePolicy): string {
  return `\`${topic}\`, ${queue.concurrency} at a time, ${queue.attempts} attempts`;
}

function details(operation: Operation, descriptors: Descriptors): string {
  const { name, service, rpc, summary, streams } = operation;
  const fields = descriptors.requestFields(rpcName(service, rpc));
  return [
    `### ${name}`,
    streams ? `${summary} Streams.` : summary,
    fields.length === 0
      ? 'The request has no fields.'
      : `Request: ${fields.map(fieldText).join(', ')}.`,
  ].join('\n\n');
}

function fieldText({ name, type }: FieldText): string {
  return `\`${name}\` (${type})`;
}
