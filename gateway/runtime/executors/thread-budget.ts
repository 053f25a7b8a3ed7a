/**
 * How many threads all functions together may have. A function that has none always gets one, so
 * that no function's calls wait for another's; beyond that, idle threads are ended to make room.
 */
export interface ThreadHolder {
  readonly size: number;
  /** Ends the thread that has been idle for longest; false where none is. */
  retireOne(): boolean;
  close(): Promise<void>;
}

export class ThreadBudget {
  private readonly threadsMax: number;
  /** The most recent one is last. */
  private readonly holders = new Set<ThreadHolder>();

  constructor(threadsMax: number) {
    this.threadsMax = threadsMax;
  }

  join(holder: ThreadHolder): void {
    this.holders.add(holder);
  }

  leave(holder: ThreadHolder): void {
    this.holders.delete(holder);
  }

  /** Ends all threads, also of holders that wait for their last call. */
  async close(): Promise<void> {
    await Promise.all([...this.holders].map((holder) => holder.close()));
  }

  /** Whether the holder may start one more thread; makes room for it where it can. */
  grants(asking: ThreadHolder): boolean {
    this.holders.delete(asking);
    this.holders.add(asking);
    const total = [...this.holders].reduce((sum, { size }) => sum + size, 0);
    if (total < this.threadsMax) return true;
    const freedThread = [...this.holders].some((holder) => holder !== asking && holder.retireOne());
    return freedThread || asking.size === 0;
  }
}
