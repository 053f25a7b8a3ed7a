/** How the messages of a stream are written: as lines of JSON, in protobuf, each behind its length, or not at all. */
import { LINES_TYPE, OBJECTS_TYPE } from '#shared/clients/functions-client.ts';
import type { FailureBody } from '#shared/kernel/failure.ts';
import { endFrame, messageFrame, STREAM_TYPE } from '#shared/contract/message-frames.ts';
import type { Operation } from '#shared/contract/row.ts';
import { acceptsFrames, encodeJson, encodeMessage, requireFinite, type Format } from '../wire.ts';

export interface StreamEncoding {
  readonly contentType: string;
  message(message: unknown): Promise<Uint8Array> | string | object;
  failure(failure: FailureBody): Uint8Array | string | object;
  /** After the last message. */
  end?(): Uint8Array;
}

const lines: StreamEncoding = {
  contentType: LINES_TYPE,
  message: (message) => `${encodeJson(message)}\n`,
  failure: (failure) => `${JSON.stringify({ failure })}\n`,
};

/** For a caller in this process that takes them so. */
const objects: StreamEncoding = {
  contentType: OBJECTS_TYPE,
  message: (message) => requireFinite(message ?? {}),
  failure: (failure) => ({ failure }),
};

/** @returns undefined for a caller that gets the last message only */
export function streamEncodingOf(
  operation: Operation,
  format: Format,
  accepts: string,
): StreamEncoding | undefined {
  if (acceptsFrames(accepts)) return framesOf(operation);
  if (format === 'protobuf' || !accepts.includes(LINES_TYPE)) return undefined;
  return format === 'object' ? objects : lines;
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
