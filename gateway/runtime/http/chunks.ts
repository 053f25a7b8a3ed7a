/** Bodies that come piece by piece. */
import { isPieces } from '#template/function.ts';

/** Any body a handler may answer with, as pieces. */
export async function* piecesOf(body: unknown): AsyncGenerator<string | Uint8Array> {
  if (isPieces(body)) yield* body;
  else if (typeof body === 'string' || body instanceof Uint8Array) yield body;
  else if (body !== undefined) yield JSON.stringify(body);
}

/** @throws RangeError where it is longer, as soon as that is known */
export async function wholeOf(body: unknown, bytesMax = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of piecesOf(body)) {
    const next = Buffer.from(piece);
    bytes += next.length;
    if (bytes > bytesMax) throw new RangeError(`the body is over ${bytesMax} bytes`);
    pieces.push(next);
  }
  return Buffer.concat(pieces);
}

/** Reads a body that nobody wants, to its end. */
export async function drained(pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const _piece of pieces);
}
