/**
 * Messages of a stream in protobuf, each behind its length as gRPC writes it: a byte of flags, four bytes of length. The
 * last frame ends the stream: it is empty, or has the failure in JSON.
 */
import { Failure } from '#shared/kernel/failure.ts';

export const PROTOBUF_TYPE = 'application/x-protobuf';
export const STREAM_TYPE = `${PROTOBUF_TYPE}; encoding=length-prefixed`;

const HEAD_BYTES = 5;
/** As gRPC-Web marks what follows the messages. */
const ENDS = 0x80;
/** No answer is longer; a length beyond it is none. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

export interface Frame {
  readonly isEnd: boolean;
  readonly bytes: Buffer;
}

export function messageFrame(bytes: Uint8Array): Buffer {
  return framed(0, bytes);
}

/** @param failure absent where all messages were sent */
export function endFrame(failure?: object): Buffer {
  return framed(ENDS, failure ? Buffer.from(JSON.stringify(failure)) : Buffer.alloc(0));
}

function framed(flags: number, bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + bytes.length);
  frame.writeUInt8(flags, 0);
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, HEAD_BYTES);
  return frame;
}

/** Whole frames, in whatever chunks they come; one that is cut off is not given. */
export async function* framesIn(
  chunks: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<Frame, void> {
  // Those of a frame are joined once, when all have come: joining each with those before it takes the square of their number.
  let waiting: Buffer[] = [];
  let [length, needed] = [0, HEAD_BYTES];
  for await (const chunk of chunks) {
    const next = Buffer.from(chunk as Uint8Array);
    waiting.push(next);
    length += next.length;
    if (length < needed) continue;
    const come = waiting.length === 1 ? next : Buffer.concat(waiting);
    let at = 0;
    for (let end = endOf(come, at); end <= come.length; end = endOf(come, at)) {
      yield { isEnd: come[at] === ENDS, bytes: come.subarray(at + HEAD_BYTES, end) };
      at = end;
    }
    const rest = come.subarray(at);
    waiting = rest.length > 0 ? [rest] : [];
    length = rest.length;
    needed = length < HEAD_BYTES ? HEAD_BYTES : endOf(rest, 0);
  }
}

/** Where the frame that begins there ends. @throws Failure UPSTREAM_BROKEN */
function endOf(bytes: Buffer, at: number): number {
  if (bytes.length - at < HEAD_BYTES) return Infinity;
  const length = bytes.readUInt32BE(at + 1);
  if (length > MESSAGE_BYTES_MAX)
    throw new Failure('UPSTREAM_BROKEN', 'A stream in protobuf has a frame that is too long.', {
      sent: 'unknown',
    });
  return at + HEAD_BYTES + length;
}
