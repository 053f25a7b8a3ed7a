/**
 * Opportunities: what could be bought or sold, why, and in which sizes. A security that offers none
 * says which rule left it out, so that "what was not bought, and why" is complete.
 */
import { percent } from '#shared/kernel/text.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import {
  notTakenByBroker,
  orderMaxOf,
  orderMaxText,
  restrictionEnd,
  weightMaxOf,
  type PlanLimits,
} from './plan-limits.ts';
import { lotsSellable, lotValue, type Instrument } from './problem.ts';
import type { Side } from './search/sequence.ts';
import { amount } from './formatting.ts';

export type OpportunityKind =
  'deposit' | 'underweight' | 'average-down' | 'dividend' | 'overweight' | 'exit' | 'take-profit';

export interface Opportunity {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly kinds: readonly OpportunityKind[];
  readonly weight: number;
  /** Smallest and largest size allowed, in lots. */
  readonly lotsMin: number;
  readonly lotsMax: number;
}

export interface LeftOut {
  readonly instrument: Instrument;
  readonly side: Side | undefined;
  readonly rule: string;
  readonly reason: string;
}

/** What an opportunity is measured by. Amounts in base currency. */
export interface PlanningContext {
  readonly limits: PlanLimits;
  readonly currency: string;
  readonly value: number;
  /** Cash above the reserve. */
  readonly freeCash: number;
  readonly minimumOrder: number;
  readonly monthlyDeposit: number;
}

/** Gain on the price paid from which profit may be taken. */
const TAKE_PROFIT_RATIO = 0.25;
/** Loss on the price paid from which a purchase averages down. */
const AVERAGE_DOWN_RATIO = 0.1;
/** Whole numbers up to here are exact, and so are sums of a few of them. */
const LOTS_MOST = 2 ** 50;
/** Differences of weight below this are rounding. */
const WEIGHT_EPSILON = 1e-6;

export function opportunitiesOf(
  instrument: Instrument,
  context: PlanningContext,
): readonly (Opportunity | LeftOut)[] {
  const held = instrument.held.sign > 0;
  const untaken = notTakenByBroker(context.limits, instrument.isin, instrument.price.currency);
  if (untaken && (held || instrument.target > WEIGHT_EPSILON))
    return [leftOut(instrument, undefined, untaken.rule, untaken.reason)];
  if (!held && context.limits.excluded?.has(instrument.isin))
    return [
      leftOut(
        instrument,
        undefined,
        'excluded',
        `The policy excludes it${restrictionEnd(context.limits, instrument.isin)}.`,
      ),
    ];
  if (!held && instrument.target <= WEIGHT_EPSILON)
    return [leftOut(instrument, undefined, 'no-target', 'The target weight is 0 %.')];
  const sides = [held ? sale(instrument, context) : undefined, purchase(instrument, context)];
  const found = sides.filter((side) => side !== undefined);
  return found.length > 0 ? found : [nearTarget(instrument, undefined, context)];
}

export function isOpportunity(found: Opportunity | LeftOut): found is Opportunity {
  return 'lotsMax' in found;
}

function purchase(
  instrument: Instrument,
  context: PlanningContext,
): Opportunity | LeftOut | undefined {
  const { limits, value, freeCash, minimumOrder } = context;
  const weight = instrumentWeightOf(instrument, value);
  const gap = instrument.target - weight;
  if (instrument.target <= WEIGHT_EPSILON) return undefined;
  if (limits.excluded?.has(instrument.isin))
    return leftOut(
      instrument,
      'BUY',
      'excluded',
      `The policy excludes it${restrictionEnd(limits, instrument.isin)}.`,
    );
  if (limits.sellOnly.has(instrument.isin))
    return leftOut(
      instrument,
      'BUY',
      'sell-only',
      `It may only be sold${restrictionEnd(limits, instrument.isin)}.`,
    );
  if (instrument.buyableFrom !== undefined)
    return leftOut(
      instrument,
      'BUY',
      'cooldown',
      `It may be bought again on ${instrument.buyableFrom}.`,
    );
  const deposit = freeCash >= minimumOrder;
  if (!deposit && gap < -WEIGHT_EPSILON) return undefined;
  if (!deposit && gap * value < minimumOrder) return nearTarget(instrument, 'BUY', context);
  const lot = lotValue(instrument);
  const room = Math.min(
    (weightMaxOf(limits, instrument.isin) - weight) * value,
    orderMaxOf(limits, value).most,
  );
  const [lotsMin, lotsMax] = [lotsFor(minimumOrder, lot), wholeLotsIn(room, lot)];
  if (lotsMax < lotsMin) return noRoom(instrument, context, weight);
  return {
    ...{ instrument, side: 'BUY', weight, lotsMin, lotsMax },
    kinds: purchaseKinds(instrument, gap, deposit),
  };
}

function purchaseKinds(instrument: Instrument, gap: number, deposit: boolean): OpportunityKind[] {
  const kinds: OpportunityKind[] = [];
  if (gap > WEIGHT_EPSILON) kinds.push('underweight');
  if (deposit) kinds.push('deposit');
  if (gainOnCost(instrument) <= -AVERAGE_DOWN_RATIO) kinds.push('average-down');
  if (instrument.dividends > 0) kinds.push('dividend');
  return kinds;
}

function sale(instrument: Instrument, context: PlanningContext): Opportunity | LeftOut | undefined {
  const { limits, value, minimumOrder } = context;
  const weight = instrumentWeightOf(instrument, value);
  const excess = weight - instrument.target;
  const profit = gainOnCost(instrument) >= TAKE_PROFIT_RATIO;
  if (excess <= WEIGHT_EPSILON && !profit) return undefined;
  if (limits.noSells) return leftOut(instrument, 'SELL', 'no-sells', 'This plan does not sell.');
  if (excess * value < minimumOrder && !profit) return nearTarget(instrument, 'SELL', context);
  const awaited = awaitsDeposit(instrument, excess, context);
  if (awaited && !profit) return awaited;
  const lot = lotValue(instrument);
  const lotsMin = lotsFor(minimumOrder, lot);
  const lotsMax = Math.min(
    lotsSellable(instrument),
    wholeLotsIn(orderMaxOf(limits, value).most, lot),
  );
  if (lotsMax < lotsMin) return tooSmall(instrument, context, weight);
  return {
    ...{ instrument, side: 'SELL', weight, lotsMin, lotsMax },
    kinds: saleKinds(instrument, excess, profit),
  };
}

function saleKinds(instrument: Instrument, excess: number, profit: boolean): OpportunityKind[] {
  const kinds: OpportunityKind[] = [];
  if (instrument.target <= WEIGHT_EPSILON) kinds.push('exit');
  else if (excess > WEIGHT_EPSILON) kinds.push('overweight');
  if (profit) kinds.push('take-profit');
  return kinds;
}

/** What the next deposit would dilute anyway is not sold: that saves the cost of one order. */
function awaitsDeposit(
  instrument: Instrument,
  excess: number,
  { value, monthlyDeposit, currency }: PlanningContext,
): LeftOut | undefined {
  if (instrument.target <= WEIGHT_EPSILON || excess * value > monthlyDeposit) return undefined;
  const over = amount(excess * value, currency);
  const deposit = amount(monthlyDeposit, currency);
  const reason = `It is ${over} over its target, which the month's deposit of ${deposit} balances without a sale.`;
  return leftOut(instrument, 'SELL', 'deposit-first', reason);
}

function nearTarget(
  instrument: Instrument,
  side: Side | undefined,
  context: PlanningContext,
): LeftOut {
  const weight = instrumentWeightOf(instrument, context.value);
  const gap = Math.abs(instrument.target - weight) * context.value;
  const atTarget = Math.abs(instrument.target - weight) <= WEIGHT_EPSILON;
  const rule = atTarget ? 'at-target' : 'below-minimum-order';
  const reason =
    `Its weight is ${percent(weight)} and its target ${percent(instrument.target)}; the difference of ` +
    `${amount(gap, context.currency)} is less than the smallest order of ${amount(context.minimumOrder, context.currency)}.`;
  return leftOut(instrument, side, rule, reason);
}

function noRoom(instrument: Instrument, context: PlanningContext, weight: number): LeftOut {
  const { limits, value, currency } = context;
  const lot = lotValue(instrument);
  const smallest = amount(lotsFor(context.minimumOrder, lot) * lot, currency);
  if (lotsFor(context.minimumOrder, lot) * lot > orderMaxOf(limits, value).most) {
    const most = orderMaxText(orderMaxOf(limits, value), currency);
    const reason = `The smallest purchase is ${smallest}, and ${most}.`;
    return leftOut(instrument, 'BUY', 'order-max', reason);
  }
  const reason =
    `The smallest purchase is ${smallest}, which would take it from ${percent(weight)} over the ` +
    `most that one security may have, ${percent(weightMaxOf(limits, instrument.isin))}.`;
  return leftOut(instrument, 'BUY', 'weight-max', reason);
}

function tooSmall(instrument: Instrument, context: PlanningContext, weight: number): LeftOut {
  const lot = lotValue(instrument);
  const least = lotsFor(context.minimumOrder, lot);
  if (instrument.locked.sign > 0 && lotsSellable(instrument) < least)
    return leftOut(
      instrument,
      'SELL',
      'minimum-hold',
      `${instrument.locked} of the ${instrument.held} held were bought too lately to be sold; the smallest sale is ${instrument.lot.multiply(Decimal.of(least)).normalize()}.`,
    );
  if (lotsSellable(instrument) >= least) {
    const { limits, value, currency } = context;
    const most = orderMaxText(orderMaxOf(limits, value), currency);
    const reason = `The smallest sale is ${amount(least * lot, currency)}, and ${most}.`;
    return leftOut(instrument, 'SELL', 'order-max', reason);
  }
  const holding = amount(weight * context.value, context.currency);
  const smallest = amount(context.minimumOrder, context.currency);
  const reason = `What can be sold of the holding of ${holding} in whole lots is less than the smallest order of ${smallest}.`;
  return leftOut(instrument, 'SELL', 'below-minimum-order', reason);
}

function leftOut(
  instrument: Instrument,
  side: Side | undefined,
  rule: string,
  reason: string,
): LeftOut {
  return { instrument, side, rule, reason };
}

export function instrumentWeightOf(instrument: Instrument, value: number): number {
  const lots = instrument.held.toEstimate() / instrument.lot.toEstimate();
  return value > 0 ? (lots * lotValue(instrument)) / value : 0;
}

/** Gain of the price over the price paid; 0 where nothing was paid. */
export function gainOnCost({ price, rate, unitCost, held }: Instrument): number {
  if (unitCost === undefined || unitCost <= 0 || held.sign === 0) return 0;
  return (price.toEstimate() * rate.rate.toEstimate()) / unitCost - 1;
}

function lotsFor(value: number, lot: number): number {
  return Math.max(1, Math.ceil(value / lot - 1e-9));
}

function wholeLotsIn(value: number, lot: number): number {
  return Math.min(LOTS_MOST, Math.max(0, Math.floor(value / lot + 1e-9)));
}
