/**
 * What parts contributed to a return. Within a period contributions are gains over the capital of
 * the whole, and add up to its return; over several periods they are linked so that they still do.
 */
import { totalReturn } from '#shared/quant/measures/returns.ts';
import { linkingFactors } from '#shared/quant/measures/linking.ts';
import { capitalOf, dayReturn } from './performance.ts';
import type { DayValue } from '../value-history.ts';

/** The part that no key earned: fees, interest. */
export const REST = '';

/**
 * Contribution of each key over the days; with the rest they sum to the linked return.
 *
 * @param days in order, the first one measured against `before`
 * @param keyOf under which a position is counted, e.g. its own ISIN or its sector
 */
export function contributions(
  before: DayValue | undefined,
  days: readonly DayValue[],
  keyOf: (isin: string) => string,
): Map<string, { readonly ratio: number; readonly gain: number }> {
  const returns = days.map((day, i) => dayReturn(i === 0 ? before : days[i - 1], day));
  const factors = linkingFactors(returns);
  const parts = new Map<string, { ratio: number; gain: number }>();
  days.forEach((day, i) => {
    const capital = capitalOf(i === 0 ? before : days[i - 1], day);
    const weight = capital > 0 ? (factors[i] ?? 0) / capital : 0;
    const add = (key: string, gain: number): void => {
      const known = parts.get(key) ?? { ratio: 0, gain: 0 };
      parts.set(key, { ratio: known.ratio + gain * weight, gain: known.gain + gain });
    };
    let rest = (returns[i] ?? 0) * capital;
    for (const [isin, { gain }] of day.positions) {
      add(keyOf(isin), gain);
      rest -= gain;
    }
    add(REST, rest);
  });
  return withoutNothing(parts, totalReturn(returns));
}

/** A rest that is only rounding is no contribution. */
function withoutNothing(
  parts: Map<string, { ratio: number; gain: number }>,
  total: number,
): Map<string, { ratio: number; gain: number }> {
  const rest = parts.get(REST);
  const rounding = 1e-12 * (1 + Math.abs(total));
  if (rest && Math.abs(rest.ratio) < rounding) parts.delete(REST);
  return parts;
}
