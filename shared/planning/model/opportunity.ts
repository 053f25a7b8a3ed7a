/**
 * Opportunities: what could be bought or sold, why, and in which sizes. A security that offers none
 * says which rule left it out, so that "what was not bought, and why" is complete.
 */
import type { PlanLimits } from './limits.ts';
import { lotsSellable, lotValue, type Instrument } from './problem.ts';
import type { Side } from './sequence.ts';
import { amount, percent } from './words.ts';

export type OpportunityKind =
  'deposit' | 'underweight' | 'average-down' | 'dividend' | 'overweight' | 'exit' | 'take-profit';

export interface Opportunity {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly kinds: readonly OpportunityKind[];
  readonly weight: number;
  /** Sizes worth trying, in lots, rising. */
  readonly sizes: readonly number[];
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

/** What an opportunity is judged against. Amounts in base currency. */
export interface FunctionEnvironment {
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
/** Differences of weight below this are rounding. */
const WEIGHT_EPSILON = 1e-6;

export function opportunitiesOf(
  instrument: Instrument,
  around: FunctionEnvironment,
): readonly (Opportunity | LeftOut)[] {
  const held = instrument.held.sign > 0;
  if (!held && instrument.target <= WEIGHT_EPSILON)
    return [leftOut(instrument, undefined, 'no-target', 'The target weight is 0 %.')];
  const sides = [held ? sale(instrument, around) : undefined, purchase(instrument, around)];
  const found = sides.filter((side) => side !== undefined);
  return found.length > 0 ? found : [nearTarget(instrument, undefined, around)];
}

export function isOpportunity(found: Opportunity | LeftOut): found is Opportunity {
  return 'sizes' in found;
}

function purchase(
  instrument: Instrument,
  around: FunctionEnvironment,
): Opportunity | LeftOut | undefined {
  const { limits, value, freeCash, minimumOrder } = around;
  const weight = weightOf(instrument, value);
  const gap = instrument.target - weight;
  if (instrument.target <= WEIGHT_EPSILON) return undefined;
  if (limits.sellOnly.has(instrument.isin))
    return leftOut(instrument, 'BUY', 'sell-only', 'It may only be sold.');
  if (instrument.buyableFrom !== undefined)
    return leftOut(
      instrument,
      'BUY',
      'cooldown',
      `It may be bought again on ${instrument.buyableFrom}.`,
    );
  const deposit = freeCash >= minimumOrder;
  if (!deposit && gap < -WEIGHT_EPSILON) return undefined;
  if (!deposit && gap * value < minimumOrder) return nearTarget(instrument, 'BUY', around);
  const lot = lotValue(instrument);
  const room = Math.min((limits.weightMaxRatio - weight) * value, limits.orderMaxRatio * value);
  const [lotsMin, lotsMax] = [lotsFor(minimumOrder, lot), wholeLotsIn(room, lot)];
  if (lotsMax < lotsMin) return noRoom(instrument, around, weight);
  const requested = [(gap * value) / lot, (gap * value) / lot / 2, freeCash / lot, room / lot];
  return {
    ...{ instrument, side: 'BUY', weight, lotsMin, lotsMax },
    kinds: purchaseKinds(instrument, gap, deposit),
    sizes: sizesWithin(requested, lotsMin, lotsMax),
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

function sale(
  instrument: Instrument,
  around: FunctionEnvironment,
): Opportunity | LeftOut | undefined {
  const { limits, value, minimumOrder } = around;
  const weight = weightOf(instrument, value);
  const excess = weight - instrument.target;
  const profit = gainOnCost(instrument) >= TAKE_PROFIT_RATIO;
  if (excess <= WEIGHT_EPSILON && !profit) return undefined;
  if (limits.noSells) return leftOut(instrument, 'SELL', 'no-sells', 'This plan does not sell.');
  if (excess * value < minimumOrder && !profit) return nearTarget(instrument, 'SELL', around);
  const awaited = awaitsDeposit(instrument, excess, around);
  if (awaited && !profit) return awaited;
  const lot = lotValue(instrument);
  const lotsMin = lotsFor(minimumOrder, lot);
  const lotsMax = Math.min(
    lotsSellable(instrument),
    wholeLotsIn(limits.orderMaxRatio * value, lot),
  );
  if (lotsMax < lotsMin) return tooSmall(instrument, around, weight);
  const requested = [(excess * value) / lot, (excess * value) / lot / 2, lotsMax / 2, lotsMax];
  return {
    ...{ instrument, side: 'SELL', weight, lotsMin, lotsMax },
    kinds: saleKinds(instrument, excess, profit),
    sizes: sizesWithin(requested, lotsMin, lotsMax),
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
  { value, monthlyDeposit, currency }: FunctionEnvironment,
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
  around: FunctionEnvironment,
): LeftOut {
  const weight = weightOf(instrument, around.value);
  const gap = Math.abs(instrument.target - weight) * around.value;
  const atTarget = Math.abs(instrument.target - weight) <= WEIGHT_EPSILON;
  const rule = atTarget ? 'at-target' : 'below-minimum-order';
  const reason =
    `Its weight is ${percent(weight)} and its target ${percent(instrument.target)}; the difference of ` +
    `${amount(gap, around.currency)} is less than the smallest order of ${amount(around.minimumOrder, around.currency)}.`;
  return leftOut(instrument, side, rule, reason);
}

function noRoom(instrument: Instrument, around: FunctionEnvironment, weight: number): LeftOut {
  const { limits, value, currency } = around;
  const lot = lotValue(instrument);
  const smallest = amount(lotsFor(around.minimumOrder, lot) * lot, currency);
  if (lotsFor(around.minimumOrder, lot) * lot > limits.orderMaxRatio * value) {
    const most = amount(limits.orderMaxRatio * value, currency);
    const reason = `The smallest purchase is ${smallest}, and an order may not exceed ${most}.`;
    return leftOut(instrument, 'BUY', 'order-max', reason);
  }
  const reason =
    `The smallest purchase is ${smallest}, which would take it from ${percent(weight)} over the ` +
    `most that one security may have, ${percent(limits.weightMaxRatio)}.`;
  return leftOut(instrument, 'BUY', 'weight-max', reason);
}

function tooSmall(instrument: Instrument, around: FunctionEnvironment, weight: number): LeftOut {
  if (instrument.heldBack.sign > 0)
    return leftOut(instrument, 'SELL', 'minimum-hold', 'It was bought too lately to be sold.');
  const holding = amount(weight * around.value, around.currency);
  const smallest = amount(around.minimumOrder, around.currency);
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

export function weightOf(instrument: Instrument, value: number): number {
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
  return Math.max(0, Math.floor(value / lot + 1e-9));
}

/** Distinct whole sizes within the bounds, rising; the smallest is always tried. */
function sizesWithin(requested: readonly number[], least: number, most: number): readonly number[] {
  const rounded = requested.map((size) => Math.min(most, Math.max(least, Math.round(size))));
  return [...new Set([least, ...rounded])].sort((a, b) => a - b);
}
