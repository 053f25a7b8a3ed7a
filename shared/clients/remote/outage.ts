/** A call to another board that got no answer, and what may have become of it. */
import type { Failure } from '#shared/kernel/failure.ts';

/** `no` where the request surely never left; everything else is `unknown`. */
export type Sent = 'no' | 'unknown';

/** The board did not answer: no connection, a connection that broke, or no answer in time. */
export class Outage extends Error {
  override readonly name = 'Outage';
  readonly kind: 'connection' | 'deadline';
  readonly sent: Sent;

  constructor(kind: Outage['kind'], sent: Sent, cause: unknown) {
    super(kind === 'deadline' ? 'no answer in time' : 'no connection, or it broke', { cause });
    this.kind = kind;
    this.sent = sent;
  }
}

const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Whether a failed HTTP call had reached the other side, by the error of Node's socket. */
export function sentOf(thrown: Failure): Sent {
  const { code } = (thrown.cause ?? {}) as NodeJS.ErrnoException;
  return code !== undefined && NEVER_CONNECTED.has(code) ? 'no' : 'unknown';
}
