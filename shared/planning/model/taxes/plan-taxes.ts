/** Tax warnings about the orders of a plan. */
import type { TaxWarning } from '#shared/portfolio/model/tax/tax-warnings.ts';
import type { PlanContent } from '../plan.ts';

export function taxWarningsOf(
  { actions }: Pick<PlanContent, 'actions'>,
  warnings: readonly TaxWarning[],
): readonly string[] {
  return warnings
    .filter((one) => actions.some(({ isin, side }) => isin === one.isin && side === one.side))
    .map(({ text }) => text);
}
