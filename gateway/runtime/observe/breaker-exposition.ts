/** The circuit breakers of this process before other boards, in Prometheus' text format. */
import { Gauge, Registry } from 'prom-client';
import type { BreakerState } from '#shared/clients/open-routes.ts';

/** @returns a source for the metrics endpoint; without other boards it shows nothing */
export function breakerExposition(states: () => readonly BreakerState[]): () => Promise<string> {
  return async () => {
    const all = states();
    if (all.length === 0) return '';
    const registry = new Registry();
    const gauge = new Gauge({
      name: 'trader_breaker_open',
      help: '1 while calls to another board are not made, as it did not answer.',
      labelNames: ['device'],
      registers: [registry],
    });
    for (const { device, isOpen } of all)
      gauge.set(
        { device },
        Number(isOpen || all.some((one) => one.device === device && one.isOpen)),
      );
    return registry.metrics();
  };
}
