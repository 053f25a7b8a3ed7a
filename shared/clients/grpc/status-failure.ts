/** Maps a gRPC status to a failure that was answered, or to an outage. */
import { status, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { Failure, failureTable, type FailureCode } from '#shared/kernel/failure.ts';
import { Outage } from '../remote/outage.ts';
import { DETAILS_KEY, factsOfDetails } from './error-details.ts';

/** Statuses of a server that does not say its failure's code; several codes share some statuses. */
const codeOf: Partial<Record<number, FailureCode>> = {
  [status.INVALID_ARGUMENT]: 'INVALID_REQUEST',
  [status.NOT_FOUND]: 'NOT_FOUND',
  [status.ALREADY_EXISTS]: 'KEY_REUSED',
  [status.ABORTED]: 'CONFLICT',
  [status.PERMISSION_DENIED]: 'NOT_ALLOWED',
  [status.UNAUTHENTICATED]: 'UNAUTHENTICATED',
  [status.RESOURCE_EXHAUSTED]: 'TOO_LARGE',
  [status.FAILED_PRECONDITION]: 'REFUSED',
  [status.OUT_OF_RANGE]: 'INVALID_REQUEST',
  [status.DATA_LOSS]: 'DATA_CORRUPT',
};

/** The only message of grpc-js that proves that no request was sent. */
const NEVER_CONNECTED = /^(No connection established|Name resolution failed)/;

/** @returns a `Failure` that the other side answered, or an `Outage` */
export function thrownOf(error: ServiceError): Failure | Outage {
  const { code, details, metadata } = error;
  const failureCode = metadata?.get('failure-code')[0]?.toString();
  if (failureCode !== undefined && failureCode in failureTable)
    return new Failure(failureCode as FailureCode, details, factsOf(metadata), error);
  if (code === status.DEADLINE_EXCEEDED) return new Outage('deadline', 'unknown', error);
  if (code === status.UNAVAILABLE)
    return new Outage('connection', NEVER_CONNECTED.test(details) ? 'no' : 'unknown', error);
  // Not cancelled here: our own cancellation is handled before the status is read.
  if (code === status.CANCELLED) return new Outage('connection', 'unknown', error);
  const known = codeOf[code];
  const text = details || `The service answered ${status[code]}.`;
  if (known !== undefined) return new Failure(known, text, {}, error);
  return new Failure('UPSTREAM_BROKEN', text, { sent: 'unknown' }, error);
}

/** The failure's facts, where the server sent them along. */
function factsOf(metadata: Metadata): Record<string, unknown> {
  const [details] = metadata.get(DETAILS_KEY);
  if (!(details instanceof Uint8Array)) return {};
  const { code: _known, ...facts } = factsOfDetails(details);
  return facts;
}
