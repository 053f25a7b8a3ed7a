/**
 * The details that come with a gRPC status: `grpc-status-details-bin` holds a google.rpc.Status
 * (https://github.com/googleapis/googleapis/tree/master/google/rpc), of which three messages are
 * read: BadRequest, RetryInfo and ErrorInfo. All others are ignored.
 */
import { BadRequest, ErrorInfo, RetryInfo } from '#protos/gen/google/rpc/error_details.ts';
import { Status } from '#protos/gen/google/rpc/status.ts';

export const DETAILS_KEY = 'grpc-status-details-bin';

/** As facts of a failure. Never throws: details that do not parse are ignored. */
export function factsOfDetails(bytes: Uint8Array): Record<string, unknown> {
  try {
    const facts: Record<string, unknown> = {};
    for (const { typeUrl, value } of Status.decode(bytes).details)
      Object.assign(facts, readers[typeUrl.slice(typeUrl.lastIndexOf('/') + 1)]?.(value));
    return facts;
  } catch {
    return {};
  }
}

const readers: Readonly<Record<string, (bytes: Uint8Array) => Record<string, unknown>>> = {
  'google.rpc.BadRequest': (bytes) => {
    const violations = BadRequest.decode(bytes).fieldViolations.map(({ field, description }) => ({
      field,
      message: description,
    }));
    return { field: violations[0]?.field, violations };
  },
  'google.rpc.RetryInfo': (bytes) => {
    const { retryDelay } = RetryInfo.decode(bytes);
    if (!retryDelay) return {};
    return { retryAfterMs: Number(retryDelay.seconds) * 1000 + Math.round(retryDelay.nanos / 1e6) };
  },
  'google.rpc.ErrorInfo': (bytes) => ({ ...ErrorInfo.decode(bytes).metadata }),
};
