/**
 * The baseline: cash and shares that the broker's movements do not explain. A statement lists fills
 * and flows; cash minus all of them is the balance before its history begins, and stays constant.
 * If it changes between two queries, then money or shares moved without a reported movement.
 */
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { RunningFold } from '#shared/kernel/collections/running-fold.ts';
import { Money } from '#shared/kernel/money.ts';
import type { Quantity } from '#shared/kernel/quantity.ts';
import type { Baseline } from './order-record.ts';

/** A broker's statement, as far as it is read here. */
export interface SeenStatement {
  readonly currency: Currency;
  readonly cash: Money;
  readonly holdings: readonly { readonly isin: Isin; readonly quantity: Quantity }[];
  readonly fills: readonly {
    readonly isin: Isin;
    readonly side: 'BUY' | 'SELL';
    readonly quantity: Quantity;
    readonly settlement: Money;
  }[];
  readonly flows: readonly {
    readonly kind: string;
    readonly amount: Money;
    readonly isin?: Isin | undefined;
    readonly quantity?: Quantity | undefined;
  }[];
}

export function baselineOf(statement: SeenStatement, isin: Isin): Baseline {
  const { currency, cash, holdings, fills, flows } = statement;
  const filled = filledIn.of(fills);
  const paid = flows.map((flow) => flow.amount);
  const moved = Money.sum(filled.settled ? [filled.settled, ...paid] : paid, currency);
  const held = holdings.find((holding) => holding.isin === isin)?.quantity ?? Decimal.zero;
  const traded = filled.quantities.get(isin) ?? Decimal.zero;
  const transferred = flows
    .filter((flow) => flow.isin === isin && flow.kind.startsWith('transfer-'))
    .map((flow) => signed(flow.quantity ?? Decimal.zero, flow.kind === 'transfer-in'));
  const explained = [traded, ...transferred].reduce((sum, q) => sum.add(q), Decimal.zero);
  return { cash: cash.subtract(moved), quantity: held.subtract(explained).normalize() };
}

interface Filled {
  /** Undefined where nothing was. */
  settled: Money | undefined;
  /** Bought less sold. */
  readonly quantities: Map<Isin, Decimal>;
}

const filledIn = new RunningFold<SeenStatement['fills'][number], Filled>(
  () => ({ settled: undefined, quantities: new Map() }),
  (filled, { isin, side, quantity, settlement }) => {
    filled.settled = filled.settled?.add(settlement) ?? settlement;
    const before = filled.quantities.get(isin) ?? Decimal.zero;
    filled.quantities.set(isin, before.add(signed(quantity, side === 'BUY')));
  },
);

export function sameBaseline(a: Baseline, b: Baseline): boolean {
  return a.cash.equals(b.cash) && a.quantity.equals(b.quantity);
}

function signed(quantity: Quantity, positive: boolean): Decimal {
  return positive ? quantity : quantity.negate();
}
