import type { Instant } from '#shared/kernel/instant.ts';
import type { Plan } from '#shared/planning/model/plan.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { Binding } from '../model/proposal.ts';

/** What an answer to a plan binds, as this installation would execute it. */
export function bindingOf(
  { broker, settings }: Pick<Dependencies, 'broker' | 'settings'>,
  plan: Plan,
  expiresAt: Instant,
): Binding {
  return {
    plan,
    broker: settings.broker,
    isLive: !broker.simulated,
    expiresAt,
    priceCollarRatio: settings.priceCollarRatio,
  };
}
