/** How the messages of a stream are written: as lines of JSON, or in protobuf, each behind its length. */
import { LINES_TYPE } from '#shared/clients/functions-client.ts';
import type { FailureBody } from '#shared/kernel/failure.ts';
import { endFrame, messageFrame, STREAM_TYPE } from '#shared/contract/message-frames.ts';
import type { Operation } from '#shared/contract/row.ts';
import { acceptsFrames, encodeJson, encodeMessage, requireFinite, type Format } from '../wire.ts';

export interface StreamEncoding {
  readonly contentType: string;
  message(message: unknown): Promise<Uint8Array> | string;
  failure(failure: FailureBody): Uint8Array | string;
  /** After the last message. */
  end?(): Uint8Array;
}

const lines: StreamEncoding = {
  contentType: LINES_TYPE,
  message: (message) => `${encodeJson(message)}\n`,
  failure: (failure) => `${JSON.stringify({ failure })}\n`,
};

/** @returns undefined for a caller that gets the last message only */
export function streamEncodingOf(
  operation: Operation,
  format: Format,
  accepts: string,
): StreamEncoding | undefined {
  if (acceptsFrames(accepts)) return framesOf(operation);
  return format === 'json' && accepts.includes(LINES_TYPE) ? lines : undefined;
}

function framesOf(operation: Operation): StreamEncoding {
  return {
    contentType: STREAM_TYPE,
    message: async (message) =>
      messageFrame(await encodeMessage(operation, requireFinite(message ?? {}))),
    failure: (failure) => endFrame(failure),
    end: () => endFrame(),
  };
}
