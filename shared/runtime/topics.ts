/**
 * Messages for functions that name a topic in their `topic` annotation. A message stays in Redis until
 * the connector has queued a call for each of them.
 */
import { sendSpan } from '#shared/process/tracing/messaging-spans.ts';
import { inSpan } from '#shared/process/tracing/tracing.ts';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';

/** A job of the queue; its name is the topic. */
export interface TopicMessage {
  readonly bodyBase64: string;
  /** Absent: the functions are called without a Content-Type. */
  readonly contentType?: string | undefined;
  /** W3C traceparent of the span that published it, where there is one. */
  readonly traceparent?: string | undefined;
}

const PAYLOAD_BYTES_MAX = 256_000;
const WAITING_MAX = 10_000;
const RETRY_AFTER_MS = 30_000;

/** @param device set where boards share a Redis: each has the messages of its own functions */
export function topicsQueue(device?: string): string {
  return device === undefined ? 'topics' : `topics-${device}`;
}

interface Publication {
  readonly contentType?: string;
  readonly id?: string;
  /** W3C traceparent of the span that the message is published in. */
  readonly parent?: string | undefined;
}

/** @public docs/operate/connector.md: programs of this installation publish with it. */
export class Topics {
  private readonly queue: Queue<TopicMessage>;

  /** @param prefix the same as for the other queues of the installation: `<REDIS_KEY_PREFIX>:queue` */
  constructor(connection: Redis, prefix: string, device?: string) {
    this.queue = new Queue<TopicMessage>(topicsQueue(device), { connection, prefix });
    this.queue.on('error', () => undefined);
  }

  /**
   * @param topic compared exactly with the annotations
   * @param id a message that is published again under its id is the same message
   * @throws Failure INVALID_REQUEST, TOO_LARGE, or TOO_BUSY when too many messages wait
   */
  async publish(
    topic: string,
    payload: string | Uint8Array,
    { contentType, id, parent }: Publication = {},
  ): Promise<void> {
    if (!/^[^,\s]{1,200}$/.test(topic))
      throw invalidRequest({ field: 'topic', message: '1 to 200 characters, no comma, no blank' });
    const body = Buffer.from(payload);
    if (body.length > PAYLOAD_BYTES_MAX)
      throw new Failure('TOO_LARGE', `A message is at most ${PAYLOAD_BYTES_MAX} bytes.`);
    if ((await this.queue.count()) >= WAITING_MAX)
      throw new Failure('TOO_BUSY', 'Too many messages wait.', { retryAfterMs: RETRY_AFTER_MS });
    const message = { bodyBase64: body.toString('base64'), contentType };
    const options = {
      removeOnComplete: true,
      removeOnFail: true,
      ...(id !== undefined && { jobId: `message-${id.replaceAll(':', '-')}` }),
    };
    await inSpan(
      `send ${topic}`,
      () => sendSpan(topic),
      async (span) => {
        const traceparent = span?.traceparent;
        await this.queue.add(topic, { ...message, ...(traceparent && { traceparent }) }, options);
      },
      parent,
    );
  }

  async close(): Promise<void> {
    await this.queue.close();
  }
}
