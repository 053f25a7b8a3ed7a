/** What a replay shows of its past: the same whichever day was asked for before. */
import type { DailyBar } from '#shared/clients/market-data/market-data.ts';
import { addDays, parseDay, startOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { FillMarket, PastMarket } from '#shared/replay/past-market.ts';
import type { Past } from '#shared/replay/past.ts';

const isin = parseIsin('US0378331005');
const FIRST = parseDay('2020-01-01');
const COUNT = 120;
const options = { publicationLagDays: 0, declaresSplits: true };

/** Days with gaps; each bar has a price of its own. */
function pastOf(seed: string): Past {
  const random = seededRandom(seed);
  let day = FIRST;
  const bars = Array.from({ length: COUNT }, (_, i): DailyBar => {
    day = addDays(day, 1 + integerBelow(random, 4));
    const close = 10 + i;
    return { day, open: close, high: close, low: close, close, adjustedClose: close };
  });
  const described = { symbol: 'A', name: 'A', exchange: 'PAST', securityType: 'EQUITY', lot: '1' };
  return {
    securities: [{ isin, currency: parseCurrency('USD'), ...described }],
    bars: new Map([[isin, bars]]),
    rates: new Map(),
    fundamentals: new Map(),
  };
}

test.each(['past-1', 'past-2', 'past-3'])(
  'bars are those of the days asked for: seed %s',
  async (seed) => {
    const past = pastOf(seed);
    const random = seededRandom(`${seed} days`);
    let known = FIRST;
    const moment = () => ({ now: startOf(addDays(known, 1)), knownThrough: known });
    const market = new PastMarket(past, moment, options);
    const fill = () => ({ day: addDays(known, 1), at: 'close' as const });
    const filled = new FillMarket(past, moment, options, fill);
    const all = past.bars.get(isin) ?? [];
    const between = (from: CalendarDay, to: CalendarDay) =>
      all.filter(({ day }) => day >= from && day <= to).map(({ close }) => close);
    for (let round = 0; round < 400; round += 1) {
      // Mostly a day on, sometimes anywhere.
      known =
        random() < 0.8 ? addDays(known, 1) : addDays(FIRST, integerBelow(random, 4 * COUNT) - 9);
      const from = addDays(known, -integerBelow(random, random() < 0.5 ? 3 : 300));
      const closes = (bars: readonly DailyBar[]) => bars.map(({ close }) => close);
      expect(closes(await market.bars(isin, from))).toEqual(between(from, known));
      const next = between(addDays(known, 1), addDays(known, 1));
      expect(closes(await filled.bars(isin, from))).toEqual([...between(from, known), ...next]);
    }
  },
);

test('a past without fundamentals says so', () => {
  const past = pastOf('fundamentals');
  const moment = () => ({ now: startOf(FIRST), knownThrough: FIRST });
  const known = new Map([[isin, { asOf: FIRST }]]);
  expect(new PastMarket(past, moment, options).hasNoFundamentals).toBe(true);
  expect(new PastMarket({ ...past, fundamentals: known }, moment, options).hasNoFundamentals).toBe(
    false,
  );
});
