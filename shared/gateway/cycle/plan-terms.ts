/** How long a plan may be executed, and how far prices may have moved since. */
import { percent } from '#shared/kernel/text.ts';
import type { PlannedAction } from '#protos/gen/planning.ts';
import { fromTimestamp, isoText, later, MINUTE_MS, type Instant } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Price } from '#shared/kernel/price.ts';
import { orderValidUntil, validUntil } from '#shared/planning/model/plan-validity.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import type { Cycle } from './cycle-run.ts';

/**
 * Tolerance between the clocks of two boards; a greater lag behind the plan's time means that the
 * clock was set back.
 */
const CLOCK_TOLERANCE_MS = 5 * MINUTE_MS;

/** Why an order of the plan is given up instead of sent now; undefined where it may go out. */
export async function whyGivenUp(cycle: Cycle, action: PlannedAction): Promise<string | undefined> {
  return (await whyTooLate(cycle, action)) ?? (await whyPriceMoved(cycle, action));
}

/** The plan has ended, or the trading day of this order's exchange has. */
export async function whyTooLate(cycle: Cycle, action: PlannedAction): Promise<string | undefined> {
  return whyExpired(cycle) ?? (await whyOvertaken(cycle)) ?? (await whySessionEnded(cycle, action));
}

/** While its orders waited, another cycle may have planned and traded. */
async function whyOvertaken(cycle: Cycle): Promise<string | undefined> {
  const executing = cycle.record.executionBegan ? await cycle.store.executing() : null;
  if (executing === null || executing === cycle.id) return undefined;
  return `the cycle ${executing} has begun to carry out a later plan`;
}

/** A plan from before its end was kept is valid as long as one that is made now would be. */
export function whyExpired(cycle: Cycle): string | undefined {
  const { createdAt, validUntil: stated } = cycle.requiredPlan;
  const { planValidDays } = cycle.context.settings;
  const { approval } = cycle.record;
  const made = createdAt && fromTimestamp(createdAt);
  const now = cycle.context.now();
  if (made !== undefined && now < later(made, -CLOCK_TOLERANCE_MS))
    return `the plan was made at ${isoText(made)}, and the clock shows ${isoText(now)}`;
  if (approval) return whyAfter(cycle, approval.until, 'the plan was approved');
  const until = stated ? fromTimestamp(stated) : made && validUntil(made, planValidDays, []);
  return whyAfter(cycle, until, 'the plan was valid');
}

/** The exchange of this order may close before the others of the plan. */
async function whySessionEnded(cycle: Cycle, action: PlannedAction): Promise<string | undefined> {
  if (cycle.record.approval) return undefined;
  const { security, until } = await endOfOrder(cycle, action);
  if (!security) return undefined;
  return whyAfter(cycle, until, `for ${action.symbol} at ${security.exchange} the plan was valid`);
}

/**
 * Until when an order of the plan may be sent; an approval holds until its own end, on whichever trading day that
 * is. Undefined where it is not known.
 */
export async function endOfOrder(cycle: Cycle, { isin }: PlannedAction) {
  const { database, settings } = cycle.context;
  const { createdAt } = cycle.requiredPlan;
  const security = await new StoredMarket(database).security(parseIsin(isin));
  if (cycle.record.approval) return { security, until: cycle.record.approval.until };
  const made = createdAt && fromTimestamp(createdAt);
  const until =
    made && security && orderValidUntil(made, settings.planValidDays, security.exchange);
  return { security, until };
}

function whyAfter(cycle: Cycle, until: Instant | undefined, what: string): string | undefined {
  const now = cycle.context.now();
  if (until === undefined || now < until) return undefined;
  return `${what} until ${isoText(until)}, and it is ${isoText(now)}`;
}

/** The same price that the pre-trade checks use, compared with the plan's. */
export async function whyPriceMoved(
  cycle: Cycle,
  action: PlannedAction,
): Promise<string | undefined> {
  const { database, settings } = cycle.context;
  if (!action.estimatedPrice) return undefined;
  const quote = await new StoredMarket(database).quote(parseIsin(action.isin));
  if (!quote) return undefined;
  const planned = Price.parse(action.estimatedPrice.amount, action.estimatedPrice.currency);
  const [before, after] = [planned.amount.toEstimate(), quote.price.amount.toEstimate()];
  const movedRatio = Math.abs(after / before - 1);
  if (planned.currency === quote.price.currency && movedRatio <= settings.priceCollarRatio)
    return undefined;
  return (
    `its price is ${quote.price} and was ${planned} in the plan, ${percent(movedRatio)} away; ` +
    `at most ${percent(settings.priceCollarRatio)} is allowed`
  );
}
