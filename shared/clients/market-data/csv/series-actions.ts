/** Splits and dividends that price files have in columns of their own. */
import { corporateAction, type CorporateAction } from '#shared/kernel/corporate-action.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import type { ListedSecurity } from '../market-data.ts';
import type { FileBar } from './csv-prices.ts';

const RATIO_DECIMALS = 9;

export function seriesActions(
  securities: readonly ListedSecurity[],
  series: ReadonlyMap<Isin, { readonly withEvents: readonly FileBar[] }>,
): readonly CorporateAction[] {
  return securities.flatMap((security) =>
    (series.get(security.isin)?.withEvents ?? []).flatMap((bar) => actionsOf(security, bar)),
  );
}

function actionsOf({ isin, currency }: ListedSecurity, bar: FileBar): CorporateAction[] {
  const common = { isin, day: bar.day, source: 'file' };
  const actions: CorporateAction[] = [];
  if (bar.split !== undefined)
    actions.push(corporateAction({ ...common, kind: 'split', ...ratioOf(bar.split) }));
  if (bar.dividend !== undefined) {
    const amount = Decimal.fromEstimate(bar.dividend, PRICE_DECIMALS_MAX, 'half-even');
    actions.push(
      corporateAction({ ...common, kind: 'dividend', amount: new Price(amount, currency) }),
    );
  }
  return actions;
}

/** 0.1 is 1 for 10, not 0.1 for 1 with the last digit's noise. */
function ratioOf(split: number): { readonly newShares: Decimal; readonly oldShares: Decimal } {
  const inverse = 1 / split;
  const isReverse = split < 1 && Math.abs(inverse - Math.round(inverse)) < 1e-6;
  return {
    newShares: isReverse
      ? Decimal.one
      : Decimal.fromEstimate(split, RATIO_DECIMALS, 'half-even').normalize(),
    oldShares: isReverse ? Decimal.of(Math.round(inverse)) : Decimal.one,
  };
}
