/** Spans around queues, in the semantic conventions. https://opentelemetry.io/docs/specs/semconv/messaging/ */
import type { Attributes, SpanOptions } from './tracing.ts';

/** @param destination topic or queue */
export function sendSpan(destination: string): SpanOptions {
  return { kind: 'producer', attributes: attributesOf(destination, 'add', 'send') };
}

/** @param links traceparents of the span that sent the message, and of an attempt before this one */
export function processSpan(
  destination: string,
  messageId: string | undefined,
  links: readonly (string | undefined)[],
  more?: Attributes,
): SpanOptions {
  const attributes = attributesOf(destination, 'process', 'process');
  return {
    kind: 'consumer',
    links,
    attributes: { ...attributes, 'messaging.message.id': messageId, ...more },
  };
}

function attributesOf(destination: string, name: string, type: string): Attributes {
  return {
    'messaging.system': 'bullmq',
    'messaging.operation.name': name,
    'messaging.operation.type': type,
    'messaging.destination.name': destination,
  };
}
