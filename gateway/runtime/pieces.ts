/** Bodies that come piece by piece. */
import { isPieces } from '#template/function.ts';

/** Any body a handler may answer with, as pieces. */
export async function* piecesOf(body: unknown): AsyncGenerator<string | Uint8Array> {
  if (isPieces(body)) yield* body;
  else if (typeof body === 'string' || body instanceof Uint8Array) yield body;
  else if (body !== undefined) yield JSON.stringify(body);
}

export async function wholeOf(body: unknown): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of piecesOf(body)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
