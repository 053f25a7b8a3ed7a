/** What BullMQ stores of a job that waits. */
export interface WaitingJob {
  /** When it was added. */
  readonly timestamp: number;
  /** When its last attempt began. */
  readonly processedOn?: number | undefined;
  readonly opts: {
    readonly delay?: number | undefined;
    /** Of a turn of a schedule: its time. */
    readonly prevMillis?: number | undefined;
  };
}

/**
 * Since when a job waits, milliseconds since 1970: from the time at which it was due, not from that at which it was added.
 * One that is tried again waits since its last attempt at the earliest.
 */
export function waitsSince({ timestamp, processedOn = 0, opts }: WaitingJob): number {
  const dueAt = opts.prevMillis ?? timestamp + (opts.delay ?? 0);
  return Math.max(timestamp, dueAt, processedOn);
}
