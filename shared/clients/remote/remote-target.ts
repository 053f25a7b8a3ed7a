/**
 * One address of another board behind a circuit breaker: after some consecutive calls without an
 * answer the breaker opens, so that callers fail at once instead of one time-out each. Then one
 * call probes the board again; a health check that is answered closes the breaker at once.
 */
import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import type { BreakerRule, HealthCheck } from '#shared/placement/placement.ts';
import type { Log } from '#shared/process/log.ts';
import { Outage } from './outage.ts';

export interface TargetOptions {
  readonly address: string;
  /** The board's name, for people. */
  readonly device: string;
  readonly breaker: BreakerRule;
  readonly log: Log;
}

/** Checks whether the board answers; throws an `Outage` if not. */
export type Probe = (timeoutMs: number) => Promise<unknown>;

/** Interval of the health checks while the board is away. */
const AWAY_INTERVAL_MS = 1_000;

export class RemoteTarget {
  readonly address: string;
  readonly device: string;
  private readonly options: TargetOptions;
  private breaker: CircuitBreakerPolicy;
  private probing: NodeJS.Timeout | undefined;

  constructor(options: TargetOptions) {
    this.options = options;
    this.address = options.address;
    this.device = options.device;
    this.breaker = this.closedBreaker();
  }

  get isAway(): boolean {
    return this.breaker.state !== CircuitState.Closed;
  }

  /**
   * Any answer, a rejection too, shows that the board is reachable.
   * @param countsTimeouts whether a time-out counts against the board
   * @throws BrokenCircuitError without calling while the breaker is open; else what `work` threw
   */
  async reach<T>(work: () => Promise<T>, countsTimeouts = true): Promise<T> {
    const answered = await this.breaker.execute(async () => {
      try {
        return { value: await work() };
      } catch (thrown) {
        if (thrown instanceof Outage && (countsTimeouts || thrown.kind === 'connection'))
          throw thrown;
        return { thrown };
      }
    });
    if ('thrown' in answered) throw answered.thrown;
    return answered.value;
  }

  /**
   * Polls regularly, and each second while the board is away, so that an outage or a recovery is detected
   * before a call has to.
   */
  watch(probe: Probe, { intervalMs, timeoutMs }: HealthCheck): void {
    if (intervalMs === 0 || this.probing) return;
    const tickMs = Math.min(intervalMs, AWAY_INTERVAL_MS);
    let isPolling = false;
    let polledAt = performance.now();
    this.probing = setInterval(() => {
      // Timers are early by a fraction of a millisecond at times.
      const isDue = performance.now() - polledAt > intervalMs - tickMs / 2;
      if (isPolling || !(isDue || this.isAway)) return;
      isPolling = true;
      polledAt = performance.now();
      void this.poll(() => probe(timeoutMs)).finally(() => (isPolling = false));
    }, tickMs);
    this.probing.unref();
  }

  close(): void {
    clearInterval(this.probing);
  }

  /** Probes past an open breaker; any answer closes it. */
  private async poll(probe: () => Promise<unknown>): Promise<void> {
    if (!this.isAway) return this.reach(probe).then(ignore, ignore);
    const isThere = await probe().then(
      () => true,
      (thrown: unknown) => !(thrown instanceof Outage),
    );
    if (!isThere || !this.isAway) return;
    this.breaker = this.closedBreaker();
    this.recovered();
  }

  private closedBreaker(): CircuitBreakerPolicy {
    const { device, address, breaker: rule, log } = this.options;
    const breaker = circuitBreaker(
      handleWhen((thrown) => thrown instanceof Outage),
      { halfOpenAfter: rule.pauseMs, breaker: new ConsecutiveBreaker(rule.failures) },
    );
    breaker.onBreak(() => {
      if (breaker === this.breaker) log.warn('board-lost', { device, address });
    });
    breaker.onReset(() => {
      if (breaker === this.breaker) this.recovered();
    });
    return breaker;
  }

  private recovered(): void {
    const { device, address, log } = this.options;
    log.info('board-recovered', { device, address });
  }
}

function ignore(): void {
  // The breaker keeps the result.
}
