/** Buys and sells of one security, with what is left and what was gained by each lot method. */
import { Decimal } from '#shared/kernel/decimal.ts';
import {
  splitLots,
  takeLots,
  totalCost,
  totalQuantity,
  type CostedLot,
  type LotMethod,
  type SplitRatio,
} from '#shared/portfolio/model/lots.ts';
import { peeked } from './rows/row-fields.ts';
import { numberOf } from './rows/row-conventions.ts';
import { NotSupported, type Adapter, type AnchorRow } from './rows/anchor-row.ts';
import { vocabularies } from './rows/vocabularies.ts';

interface Trade {
  readonly buys: boolean;
  readonly quantity: Decimal;
  readonly amount: Decimal;
  readonly fee: Decimal;
  readonly lotIds: readonly string[] | undefined;
}

type Entry = Trade | SplitRatio;

interface Position {
  readonly lots: readonly CostedLot[];
  readonly realized: Decimal;
}

/** Far below any tolerance, where a row does not round to cents. */
const EXACT_DECIMALS = 14;

function entriesOf({ inputs }: AnchorRow): Entry[] {
  const name = Object.keys(inputs).find((key) => Array.isArray(peeked(inputs)[key]));
  const rows = name === undefined ? undefined : inputs[name];
  if (name === undefined || !Array.isArray(rows)) throw new NotSupported('no list of trades');
  const titles = /\[(.*)\]/
    .exec(name)?.[1]
    ?.split(',')
    .map((title) => title.trim().toLowerCase());
  const known = titles?.filter((title) => KNOWN_TITLE.test(title)) ?? [];
  if (titles && known.length < titles.length)
    throw new NotSupported(`a column of ${titles.filter((one) => !KNOWN_TITLE.test(one)).join()}`);
  return rows.map((row: unknown) => entryOf(row, titles ?? []));
}

const KNOWN_TITLE =
  /^(date|day|side|type|action|quantity|shares|price|fees?|amount( incl\. fees)?|value|total|lots?|ids|ratio new:old)$/;

function entryOf(row: unknown, titles: readonly string[]): Entry {
  const cell = (heading: RegExp): unknown => {
    if (Array.isArray(row)) return row[titles.findIndex((title) => heading.test(title))];
    const fields = Object.entries(row as Record<string, unknown>);
    return fields.find(([title]) => heading.test(title.toLowerCase()))?.[1];
  };
  const side = String(cell(/^(side|type|action)/)).toLowerCase();
  if (side === 'split') return splitOf(cell(/ratio/));
  if (!/buy|sell|inbound|outbound|delivery/.test(side)) throw new NotSupported(`a trade "${side}"`);
  const quantity = decimal(cell(/quantity|shares/));
  const price = cell(/price/);
  const fee = decimal(cell(/^fees?$/) ?? 0);
  const amount =
    price === undefined ? decimal(cell(/amount|value|total/)) : decimal(price).multiply(quantity);
  const lots = cell(/lots?|ids/);
  const lotIds = Array.isArray(lots) ? lots.map(String) : undefined;
  return { buys: /buy|inbound/.test(side), quantity, amount, fee, lotIds };
}

/** `2:1` is two new shares for an old one. */
function splitOf(ratio: unknown): SplitRatio {
  const [, newShares, oldShares] =
    /^\s*(\d+(?:\.\d+)?)\s*:\s*(\d+(?:\.\d+)?)\s*$/.exec(String(ratio)) ?? [];
  if (newShares === undefined || oldShares === undefined)
    throw new NotSupported(`a split of ${JSON.stringify(ratio)}`);
  return { newShares: Decimal.parse(newShares), oldShares: Decimal.parse(oldShares) };
}

/** Fees are in the cost and out of the proceeds only where `withFees`. */
function positionAfter(
  entries: readonly Entry[],
  method: LotMethod,
  { decimals, withFees = false }: { decimals: number; withFees?: boolean },
): Position {
  return entries.reduce<Position>(
    ({ lots, realized }, entry, i) => {
      if ('newShares' in entry) return { lots: splitLots(lots, entry, EXACT_DECIMALS), realized };
      const { buys, quantity, amount, fee, lotIds } = entry;
      const paid = (
        buys
          ? amount.add(withFees ? fee : Decimal.zero)
          : amount.subtract(withFees ? fee : Decimal.zero)
      ).round(decimals, 'half-even');
      if (buys) return { lots: [...lots, { lotId: String(i), quantity, cost: paid }], realized };
      if (quantity.compare(totalQuantity(lots)) > 0) throw new NotSupported('a short position');
      const { left, cost } = takeLots(lots, quantity, { method, lotIds }, decimals);
      return { lots: left, realized: realized.add(paid).subtract(cost) };
    },
    { lots: [], realized: Decimal.zero },
  );
}

/** A number for each lot method that the row expects, or one for the method it names. */
function byMethod(measure: (row: AnchorRow, method: LotMethod) => number) {
  return (row: AnchorRow): unknown => {
    const { expected, parameters } = row;
    if (typeof expected !== 'object' || expected === null)
      return measure(row, methodNamed(`${String(parameters['method'] ?? '')} ${row.operation}`));
    return Object.fromEntries(
      Object.keys(expected).map((name) => [name, measure(row, methodNamed(name))]),
    );
  };
}

function methodNamed(text: string): LotMethod {
  const name = text.toLowerCase();
  if (/lifo|last.in/.test(name)) return 'lifo';
  if (/hifo|highest/.test(name)) return 'hifo';
  if (/specific|named/.test(name)) return 'specific';
  if (/average|moving|mean/.test(name)) return 'average';
  return 'fifo';
}

function decimalsOf({ parameters }: AnchorRow): number {
  return /cent/i.test(String(parameters['rounding'] ?? '')) ? 2 : EXACT_DECIMALS;
}

function position(row: AnchorRow, method: LotMethod): Position {
  return positionAfter(entriesOf(row), method, { decimals: decimalsOf(row), withFees: true });
}

function unrealized(row: AnchorRow, method: LotMethod): number {
  const { lots } = position(row, method);
  return worth(row, lots).subtract(totalCost(lots)).toEstimate();
}

function worth({ inputs, parameters }: AnchorRow, lots: readonly CostedLot[]): Decimal {
  const price =
    inputs['market_price'] ?? inputs['price'] ?? parameters['market_price'] ?? parameters['price'];
  if (typeof price !== 'number') throw new NotSupported('a value without a market price');
  return totalQuantity(lots).multiply(decimal(price));
}

/** Cost without fees, which are stated apart: gross is before, net after them. */
function profitAndLoss(row: AnchorRow): Record<string, number> {
  const entries = entriesOf(row);
  const trades = entries.filter((entry): entry is Trade => !('newShares' in entry));
  const method = methodNamed(`${String(row.parameters['method'] ?? '')} ${row.operation}`);
  const { lots, realized } = positionAfter(entries, method, { decimals: EXACT_DECIMALS });
  const value = worth(row, lots);
  const quantity = totalQuantity(lots);
  const investment = totalCost(lots);
  const fee = trades.reduce((sum, trade) => sum.add(trade.fee), Decimal.zero);
  const open = quantity.sign === 0 ? Decimal.zero : value.subtract(investment);
  const gross = realized.add(open);
  return {
    fee: fee.toEstimate(),
    grossPerformance: gross.toEstimate(),
    netPerformance: gross.subtract(fee).toEstimate(),
    investment: investment.toEstimate(),
    averagePrice:
      quantity.sign === 0
        ? 0
        : investment.divide(quantity, EXACT_DECIMALS, 'half-even').toEstimate(),
    quantity: quantity.toEstimate(),
    valueInBaseCurrency: quantity.sign === 0 ? 0 : value.toEstimate(),
    realized: realized.toEstimate(),
    unrealized: open.toEstimate(),
  };
}

/** Both performances as shares of the capital that was bound on average, which the row gives. */
function overInvestment(row: AnchorRow): Record<string, number> {
  const invested = numberOf(
    row,
    'time_weighted_investment',
    'timeWeightedInvestment',
    'investment',
  );
  if (invested === undefined || invested === 0)
    throw new NotSupported('no time-weighted investment');
  const { grossPerformance = NaN, netPerformance = NaN } = profitAndLoss(row);
  return { gross: grossPerformance / invested, net: netPerformance / invested };
}

function decimal(value: unknown): Decimal {
  if (typeof value !== 'number' && typeof value !== 'string')
    throw new NotSupported(`an amount ${JSON.stringify(value)}`);
  return Decimal.fromEstimate(Number(value), EXACT_DECIMALS, 'half-even');
}

export const lotAccounting: Adapter = {
  category: 'lot_accounting',
  words: vocabularies.lot_accounting,
  operations: [
    [/divided by.*investment/i, overInvestment],
    [/profit.*loss|pnl|performance/i, profitAndLoss],
    [/unreali[sz]ed|gains? on holdings/i, byMethod(unrealized)],
    [
      /reali[sz]ed|capital gains?/i,
      byMethod((row, method) => position(row, method).realized.toEstimate()),
    ],
    [
      /quantity|shares/i,
      byMethod((row, method) => totalQuantity(position(row, method).lots).toEstimate()),
    ],
    [
      /cost|basis|investment/i,
      byMethod((row, method) => totalCost(position(row, method).lots).toEstimate()),
    ],
  ],
};
