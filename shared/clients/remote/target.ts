/**
 * One address of another board behind a circuit breaker: after some consecutive calls without an
 * answer the breaker opens, so that callers fail at once instead of one time-out each. Then one
 * call, or the health check, probes the board again.
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

export class Target {
  readonly address: string;
  private readonly breaker: CircuitBreakerPolicy;
  private probing: NodeJS.Timeout | undefined;

  constructor({ address, device, breaker, log }: TargetOptions) {
    this.address = address;
    this.breaker = circuitBreaker(
      handleWhen((thrown) => thrown instanceof Outage),
      { halfOpenAfter: breaker.pauseMs, breaker: new ConsecutiveBreaker(breaker.failures) },
    );
    this.breaker.onBreak(() => log.warn('board-lost', { device, address }));
    this.breaker.onReset(() => log.info('board-recovered', { device, address }));
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

  /** Polls regularly, so that an outage or a recovery is detected before a call has to. */
  watch(probe: Probe, { intervalMs, timeoutMs }: HealthCheck): void {
    if (intervalMs === 0 || this.probing) return;
    let isPolling = false;
    this.probing = setInterval(() => {
      if (isPolling) return;
      isPolling = true;
      void this.reach(() => probe(timeoutMs))
        .catch(() => undefined)
        .finally(() => (isPolling = false));
    }, intervalMs);
    this.probing.unref();
  }

  close(): void {
    clearInterval(this.probing);
  }
}
