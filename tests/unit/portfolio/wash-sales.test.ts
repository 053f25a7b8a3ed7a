/** Disallowed losses against the rule read plainly: every purchase is looked at for every sale. */
import { addDays, dayOf, daysBetween, startOf } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { disallowedLosses } from '#shared/portfolio/model/tax/wash-sales.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { day, euros, trade } from './lines.ts';

type Rows = Parameters<typeof disallowedLosses>[0];

function readPlainly(rows: Rows, ledger: readonly LedgerEntry[], days: number): string[] {
  const left = new Map(ledger.map(({ id, quantity }) => [id, quantity ?? Decimal.zero]));
  return rows.map((row) => {
    if (row.gain.sign >= 0) return '0.00';
    let missing = row.quantity;
    for (const { id, kind, isin, happenedAt } of ledger) {
      const isNear = Math.abs(daysBetween(dayOf(happenedAt), row.soldOn)) <= days;
      if (kind !== 'buy' || isin !== row.isin || id === row.lotId || !isNear) continue;
      const available = left.get(id) ?? Decimal.zero;
      const used = available.compare(missing) < 0 ? available : missing;
      left.set(id, available.subtract(used));
      missing = missing.subtract(used);
    }
    const share = row.gain.amount.negate().multiply(row.quantity.subtract(missing));
    const loss = share.divide(row.quantity, 12, 'half-even');
    return Money.rounded(loss, row.gain.currency, 'half-even').amount.toString();
  });
}

it.each(['a', 'b', 'c', 'd', 'e', 'f'])('are those of the rule, ledger %s', (seed) => {
  const random = seededRandom(`wash sales ${seed}`);
  const pick = <T>(...from: readonly [T, ...T[]]): T =>
    from[integerBelow(random, from.length)] ?? from[0];
  const first = day('2023-01-02');
  // Lines are near the order of their days, but not in it.
  const dayAt = (i: number) => addDays(first, i * 2 + integerBelow(random, 40));
  const ledger = Array.from({ length: 120 }, (_, i) => ({
    ...trade(pick('buy', 'buy', 'sell'), String(1 + integerBelow(random, 9)), '10', '-10.00', {
      isin: pick(ALPHA, BETA),
      id: `line ${i}`,
    }),
    happenedAt: startOf(dayAt(i)),
  }));
  const rows = Array.from({ length: 150 }, (_, i) => ({
    isin: pick(ALPHA, BETA),
    lotId: `line ${integerBelow(random, 120)}`,
    quantity: Decimal.parse(String(1 + integerBelow(random, 12))),
    gain: euros(`${pick('-', '-', '')}${1 + integerBelow(random, 999)}.37`),
    soldOn: dayAt(i),
  }));
  for (const days of [0, 5, 30]) {
    const expected = days === 0 ? rows.map(() => '0.00') : readPlainly(rows, ledger, days);
    const found = disallowedLosses(rows, ledger, days);
    expect(found.map(({ amount }) => Number(amount.toString()))).toEqual(expected.map(Number));
    expect(found.some(({ sign }) => sign > 0)).toBe(days > 0);
  }
});
