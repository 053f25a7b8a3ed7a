/** What is found in columns alone is what the check of bars finds. SEED=… repeats a run. */
import { areSound, checkBars, type BarToCheck } from '#shared/kernel/bars/bar-check.ts';
import { mayHaveSplits, suspectedSplits } from '#shared/kernel/bars/split-suspicion.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { seededRandom, type Random } from '#shared/kernel/random.ts';
import { replaceBars, replaceSound } from '#shared/universe/model/bar-merge.ts';
import type { PriceSeries } from '#shared/universe/model/price-series.ts';

const seed = process.env['SEED'] ?? String(Date.now());
console.log(`SEED=${seed}`);

const isin = parseIsin('DE0007164600');
const FACTORS = [11.2, 10.8, 9.95, 0.099, 0.101, 0.5, 2, 0.748, 1.31, 0, -1, Infinity, Number.NaN];

/** A walk; now and then a figure jumps, for one bar or from then on. */
function drawn(random: Random): BarToCheck[] {
  let [level, day] = [50, 19_000];
  const faulty = random() < 0.6 ? 0.02 : 0;
  const other = (): number => FACTORS[Math.floor(FACTORS.length * random())] ?? 1;
  return Array.from({ length: 1 + Math.floor(90 * random()) }, () => {
    day += 1;
    level *= Math.exp(0.05 * (random() - 0.5));
    if (random() < faulty) level *= Math.abs(other()) || 1;
    if (!Number.isFinite(level)) level = 50;
    const [open, close] = [level * (1 + 0.02 * (random() - 0.5)), level];
    const bar = { day, open, close, adjustedClose: close, volume: 1_000 };
    const whole = { ...bar, high: Math.max(open, close), low: Math.min(open, close) };
    const name = (['open', 'high', 'low', 'close', 'adjustedClose', 'volume'] as const)[
      Math.floor(6 * random())
    ];
    return name && random() < faulty ? { ...whole, [name]: whole[name] * other() } : whole;
  });
}

function seriesOf(bars: readonly BarToCheck[]): PriceSeries {
  const column = (of: (bar: BarToCheck) => number) => Float64Array.from(bars, of);
  return {
    isin,
    days: Int32Array.from(bars, ({ day }) => day),
    ...{ open: column(({ open }) => open), high: column(({ high }) => high) },
    ...{ low: column(({ low }) => low), close: column(({ close }) => close) },
    adjustedClose: column(({ adjustedClose }) => adjustedClose),
    volume: column(({ volume }) => volume),
  };
}

test('a history that is sound in columns has no bar that is set aside, and is stored alike', () => {
  const random = seededRandom(seed);
  const counts = { sound: 0, splits: 0 };
  for (let round = 0; round < 3_000; round += 1) {
    const bars = drawn(random);
    const series = seriesOf(bars);
    if (!mayHaveSplits(series)) expect(suspectedSplits(bars)).toEqual([]);
    else counts.splits += 1;
    if (!areSound(series)) continue;
    counts.sound += 1;
    expect(checkBars(bars)).toEqual({ accepted: bars, setAside: [] });
    const kept = bars.filter(() => random() < 0.8);
    const changed = kept.map((bar) => (random() < 0.1 ? { ...bar, volume: 7 } : bar));
    const before = { series: seriesOf(changed), setAside: [] };
    expect(replaceSound(before, series)).toEqual(replaceBars(before, bars));
  }
  expect(counts.sound).toBeGreaterThan(1_000);
  expect(counts.sound).toBeLessThan(2_900);
  expect(counts.splits).toBeGreaterThan(100);
});

test.each([
  ['days that fall', (bars: BarToCheck[]) => bars.reverse()],
  ['a day twice', (bars: BarToCheck[]) => bars.map((bar) => ({ ...bar, day: 19_000 }))],
])('%s are not sound', (_name, change) => {
  const bars = [1, 2, 3].map((day) => ({
    ...{ day, open: 1, high: 1, low: 1, close: 1, adjustedClose: 1, volume: Number.NaN },
  }));
  expect(areSound(seriesOf(bars))).toBe(true);
  expect(areSound(seriesOf(change(bars)))).toBe(false);
});
