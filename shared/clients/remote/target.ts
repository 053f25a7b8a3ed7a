/**
 * One address of another board behind a circuit breaker: after some calls in a row without an answer
 * it is left alone for a while, so that callers fail at once instead of one time-out each. Then one
 * call, or the health check, tries again.
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

/** Asks whether somebody is there; throws an `Outage` when not. */
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
   * Any answer, a refusal too, shows that the board is there.
   * @param countsTimeouts whether the board is to blame for an answer that does not come in time
   * @throws BrokenCircuitError without calling while the board is left alone; else what `work` threw
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

  /** Looks regularly, so that a board is known to be away, or back, before a call has to find out. */
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
