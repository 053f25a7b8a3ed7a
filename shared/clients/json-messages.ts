/** The messages of a streamed answer in JSON, and how one shows that it was cut off. */
import { Failure } from '#shared/kernel/failure.ts';
import { linesOf } from './answer-body.ts';
import { Answered } from './resumed-stream.ts';

type Body = AsyncIterable<Uint8Array | string>;

interface StreamedMessage {
  readonly failure?: unknown;
  /** The last message of a stream is complete; one that is incomplete is followed by another. */
  readonly complete?: unknown;
}

/** A JSON object a line. @throws Answered for a line that is a failure, Failure UNAVAILABLE for a stream that was cut off */
export async function* messagesIn<T>(body: Body, name: string): AsyncGenerator<T, void> {
  yield* checkedMessages<T>(parsedLines(body, name), name);
}

async function* parsedLines(body: Body, name: string): AsyncGenerator<object> {
  for await (const line of linesOf(body)) yield parseJson(line, name) as object;
}

/** @throws as above */
export async function* checkedMessages<T>(
  messages: AsyncIterable<StreamedMessage>,
  name: string,
): AsyncGenerator<T, void> {
  let isWhole = true;
  for await (const message of messages) {
    if (message.failure) throw new Answered(Failure.fromBody(message.failure, 500));
    isWhole = message.complete !== false;
    yield message as T;
  }
  if (!isWhole) throw cutOff(name);
}

/** A stream that ended before its last message. */
export function cutOff(name: string): Failure {
  const text = `The answer of ${name} was cut off before its end.`;
  return new Failure('UNAVAILABLE', text, { sent: 'unknown' });
}

export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const text = `${name} answered something that is not JSON.`;
    throw new Failure('UPSTREAM_BROKEN', text, { sent: 'unknown' }, cause);
  }
}
