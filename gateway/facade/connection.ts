/**
 * The connection below a call. grpc-js reports `cancelled` for a caller who cancelled and for a connection
 * that broke alike; the HTTP/2 stream knows the difference: a cancellation resets the stream on a
 * connection that stays open.
 */
import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2';

export interface Connection {
  /** Asked when the call has ended early. Where the stream is not to be seen, nobody cancelled. */
  wasCancelled(): boolean;
}

/** The layers of interception around a stream, as grpc-js nests them. */
interface Layer {
  readonly stream?: ServerHttp2Stream;
  readonly nextCall?: Layer;
}

/** @param call as grpc-js passes it to a method */
export function connectionOf(call: object): Connection {
  let layer = (call as { readonly call?: Layer }).call;
  while (layer?.nextCall) layer = layer.nextCall;
  const stream = layer?.stream;
  // A stream that has ended no longer knows its session.
  const session: Http2Session | undefined = stream?.session;
  return {
    wasCancelled: () =>
      stream?.rstCode === constants.NGHTTP2_CANCEL &&
      session?.destroyed === false &&
      !session.closed,
  };
}
