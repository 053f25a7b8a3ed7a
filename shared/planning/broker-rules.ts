/** Adds what the broker accepts orders for, security by security, to the limits of a plan. */
import { rulesBySecurity } from '#shared/clients/broker/rules-by-security.ts';
import { storedOrderRules } from '#shared/portfolio/order-rules.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { Database } from '#shared/redis/database.ts';
import type { PlanLimits } from './model/plan-limits.ts';

export async function withBrokerRules(
  limits: PlanLimits,
  database: Database,
  { broker }: Pick<Settings, 'broker'>,
): Promise<PlanLimits> {
  if (!rulesBySecurity.has(broker)) return limits;
  return { ...limits, orderRules: await storedOrderRules(database, broker) };
}
