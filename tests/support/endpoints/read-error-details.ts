/** The details of a gRPC error, read with definitions of their own and not with those under test. */
import type { ServiceError } from '@grpc/grpc-js';
import { parse, type Type } from 'protobufjs';

const { root } = parse(
  `syntax = "proto3";
  package google;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }
  message BadRequest { repeated FieldViolation field_violations = 1; }
  message FieldViolation { string field = 1; string description = 2; }`,
);

export interface ErrorDetails {
  readonly code: number;
  readonly message: string;
  /** By the last part of its type: `ErrorInfo`, `BadRequest`, `RetryInfo`. */
  readonly details: Readonly<Record<string, unknown>>;
}

export function detailsOf(error: ServiceError): ErrorDetails {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const status = read('Status', bytes as Buffer) as {
    code: number;
    message: string;
    details: { typeUrl: string; value: Buffer }[];
  };
  const details = status.details.map(({ typeUrl, value }): [string, unknown] => {
    const [, name = ''] = typeUrl.split('type.googleapis.com/google.rpc.');
    return [name, read(name, value)];
  });
  return { ...status, details: Object.fromEntries(details) };
}

function read(name: string, bytes: Buffer): unknown {
  const type: Type = root.lookupType(`google.${name}`);
  return type.toObject(type.decode(bytes), { longs: Number });
}
