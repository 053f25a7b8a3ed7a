/** A call to another board that got no answer, and whether it may have been executed. */
import type { Failure } from '#shared/kernel/failure.ts';

/** `no` where the request was certainly not sent; otherwise `unknown`. */
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

/** Whether a failed call had reached the other side, as reported by the transport. */
export function sentOf({ facts }: Failure): Sent {
  return facts['sent'] === 'no' ? 'no' : 'unknown';
}
