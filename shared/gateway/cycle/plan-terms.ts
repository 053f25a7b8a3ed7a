/** How long a plan may be executed, and how far prices may have moved from it. */
import type { PlannedAction } from '#protos/gen/planning.ts';
import { fromTimestamp } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Price } from '#shared/kernel/price.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import { percent } from '../model/cycle.ts';
import type { Cycle } from './cycle.ts';

/** Why an order of the plan is given up instead of sent now; undefined where it may go out. */
export async function whyGivenUp(cycle: Cycle, action: PlannedAction): Promise<string | undefined> {
  return whyExpired(cycle) ?? (await whyPriceMoved(cycle, action));
}

/** A plan is valid on the market day on which it was made. */
function whyExpired(cycle: Cycle): string | undefined {
  const { marketData, now } = cycle.context;
  const { createdAt } = cycle.requiredPlan;
  if (!createdAt) return undefined;
  const day = marketData.today(fromTimestamp(createdAt));
  const today = marketData.today(now());
  return day === today ? undefined : `the plan was valid on ${day} only, and it is ${today}`;
}

/** The price that the pre-trade checks use, compared with the plan's. */
async function whyPriceMoved(cycle: Cycle, action: PlannedAction): Promise<string | undefined> {
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
