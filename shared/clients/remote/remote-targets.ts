/** The addresses of other boards; services with the same address share its circuit breaker. */
import type { BreakerRule, RemotePlace } from '#shared/placement/placement.ts';
import type { Log } from '#shared/process/log.ts';
import { RemoteService } from './remote-service.ts';
import { RemoteTarget, type Probe } from './remote-target.ts';

export class Targets {
  private readonly byAddress = new Map<string, RemoteTarget>();
  private readonly breaker: BreakerRule;
  private readonly log: Log;

  constructor(breaker: BreakerRule, log: Log) {
    this.breaker = breaker;
    this.log = log;
  }

  serviceOf(place: RemotePlace): RemoteService {
    const { service, retries, timeoutMs, staleMsMax } = place;
    const device = place.device.name;
    const target = this.targetOf(place);
    return new RemoteService({ service, device, target, retries, timeoutMs, staleMsMax });
  }

  watch(place: RemotePlace, probe: Probe): void {
    this.targetOf(place).watch(probe, place.healthCheck);
  }

  breakers(): { readonly device: string; readonly isOpen: boolean }[] {
    return [...this.byAddress.values()].map(({ device, isAway }) => ({ device, isOpen: isAway }));
  }

  close(): void {
    for (const target of this.byAddress.values()) target.close();
  }

  private targetOf({ address, device }: RemotePlace): RemoteTarget {
    const known = this.byAddress.get(address);
    if (known) return known;
    const { breaker, log } = this;
    const target = new RemoteTarget({ address, device: device.name, breaker, log });
    this.byAddress.set(address, target);
    return target;
  }
}
