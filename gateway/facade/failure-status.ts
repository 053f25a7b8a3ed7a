/** The gRPC status of a failed call. */
import { Metadata } from '@grpc/grpc-js';
import type { Failure } from '#shared/kernel/failure.ts';
import { errorDetails } from './status-details.ts';

/** As grpc-js reads it. */
export interface StatusError {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Headers of an answer are short; the rest is in the log. */
const TEXT_MAX = 1_000;

export function grpcStatusOf(failure: Failure, requestId: string): StatusError {
  const metadata = new Metadata();
  metadata.set('failure-code', failure.code);
  metadata.set('x-request-id', requestId);
  metadata.set('grpc-status-details-bin', errorDetails(failure, requestId));
  return { code: failure.rule.grpc, details: failure.message.slice(0, TEXT_MAX), metadata };
}
