/** Bodies in chunks. */
import { isChunks } from '#template/function.ts';

/** Any body a handler may answer with, as chunks. */
export async function* chunksOf(body: unknown): AsyncGenerator<string | Uint8Array> {
  if (isChunks(body)) yield* body;
  else if (typeof body === 'string' || body instanceof Uint8Array) yield body;
  else if (body !== undefined) yield JSON.stringify(body);
}

/** @throws RangeError where it is longer, as soon as that is known */
export async function wholeOf(body: unknown, bytesMax = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(body)) {
    const next = Buffer.from(chunk);
    bytes += next.length;
    if (bytes > bytesMax) throw new RangeError(`the body is over ${bytesMax} bytes`);
    chunks.push(next);
  }
  return Buffer.concat(chunks);
}

/** Reads a body to its end and discards it. */
export async function drained(chunks: AsyncIterable<unknown>): Promise<void> {
  for await (const _piece of chunks);
}
