/** What the account holds now, every value in its base currency. */
import type { Position } from '#protos/gen/common/position.ts';
import { Money } from '#shared/kernel/money.ts';
import { convertWith, type RateTable } from '#shared/kernel/exchange-rate.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';
import type { Snapshot, SnapshotHolding, WireAmount } from '../model/cycle.ts';
import type { Cycle } from './cycle-run.ts';

/** @throws Failure REFUSED exchange-rate-missing */
export async function takeSnapshot(cycle: Cycle): Promise<Snapshot> {
  const [summary, { positions }] = await Promise.all([
    cycle.call(portfolio.getSummary, {}),
    cycle.call(portfolio.getPositions, {}),
  ]);
  const values = positions.flatMap(({ marketValue }) => (marketValue ? [read(marketValue)] : []));
  const { baseCurrency, marketData, database, now } = cycle.context;
  const rates = await new StoredMarket(database).rates(
    baseCurrency,
    new Set(values.map(({ currency }) => currency)),
    marketData.today(now()),
  );
  const total = summary.totalValue ? read(summary.totalValue) : Money.zero(baseCurrency);
  return {
    portfolioHash: summary.portfolioHash,
    totalValue: summary.totalValue,
    cash: summary.cashBalance,
    holdings: positions.map((position) => holdingOf(position, rates, total)),
  };
}

function holdingOf(position: Position, rates: RateTable, total: Money): SnapshotHolding {
  const { isin, symbol, quantity, marketValue } = position;
  if (!marketValue) return { isin, symbol, quantity, marketValue: undefined, weightRatio: 0 };
  const value = convertWith(read(marketValue), rates, 'half-even');
  const weightRatio = total.sign > 0 ? value.toEstimate() / total.toEstimate() : 0;
  return { isin, symbol, quantity, marketValue: value.toJSON(), weightRatio };
}

function read({ amount, currency }: WireAmount): Money {
  return Money.parse(amount, currency);
}

/** `EUR 25,000.00`-like text of an amount that may be absent. */
export function amountText(amount: WireAmount | undefined): string {
  return amount ? `${amount.currency} ${amount.amount}` : 'an unknown amount';
}
