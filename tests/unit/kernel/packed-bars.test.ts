/** Packed bars are read as they were written, to the bit, whatever the figures are. SEED=… repeats a run. */
import {
  packBars,
  unpackBars,
  unpackCloses,
  type BarFigures,
} from '#shared/kernel/bars/packed-bars.ts';
import { seededRandom, type Random } from '#shared/kernel/random.ts';

const seed = process.env['SEED'] ?? String(Date.now());
console.log(`SEED=${seed}`);

const NAMES = ['days', 'open', 'high', 'low', 'close', 'adjustedClose', 'volume'] as const;

/** The bits, so that -0 and NaN count. */
function bitsOf(figures: BarFigures): readonly (readonly string[])[] {
  const hex = (column: Int32Array | Float64Array) =>
    Array.from(column, (value) => Buffer.from(Float64Array.of(value).buffer).toString('hex'));
  return NAMES.map((name) => hex(figures[name]));
}

function requireKept(figures: BarFigures): void {
  const found = unpackBars(packBars(figures));
  expect(found && bitsOf(found)).toEqual(bitsOf(figures));
  const closes = unpackCloses(packBars(figures));
  expect(closes && bitsOf({ ...figures, ...closes })).toEqual(bitsOf(figures));
}

const FORMS: Readonly<Record<string, (random: Random) => number>> = {
  cents: (random) => Math.round(20_000 * random()) / 100,
  'ten decimals': (random) => Number((100 * random()).toFixed(10)),
  'mixed decimals': (random) => Number((100 * random()).toFixed(Math.floor(7 * random()))),
  doubles: (random) => 1_000 * random(),
  'single precision': (random) => Math.fround(1_000 * random()),
  'whole and large': (random) => Math.floor(2 ** 52 * random()),
  'very small': (random) => 1e-9 * random(),
  'of any exponent': (random) => (random() - 0.5) * 10 ** (600 * random() - 300),
  special: (random) =>
    [0, -0, Number.NaN, Infinity, -Infinity, 5e-324, 2 ** 53, -(2 ** 50)][
      Math.floor(8 * random())
    ] ?? 0,
};

describe('packed bars', () => {
  test.each(Object.keys(FORMS))('keep numbers: %s', (form) => {
    const random = seededRandom(`${seed} ${form}`);
    const draw = FORMS[form] ?? random;
    for (let round = 0; round < 40; round += 1) {
      const length = Math.floor(300 * random());
      const column = () => Float64Array.from({ length }, () => draw(random));
      const close = column();
      const orClose = () => (random() < 0.3 ? close : column());
      let day = Math.floor(40_000 * random()) - 20_000;
      requireKept({
        days: Int32Array.from({ length }, () => (day += 1 + Math.floor(5 * random() ** 4))),
        ...{ open: orClose(), high: orClose(), low: orClose(), close, adjustedClose: orClose() },
        volume: random() < 0.3 ? new Float64Array(length).fill(Number.NaN) : column(),
      });
    }
  });

  test('keep columns of different forms beside each other', () => {
    const random = seededRandom(`${seed} mixed`);
    const forms = Object.values(FORMS);
    for (let round = 0; round < 60; round += 1) {
      const column = () => {
        const draw = forms[Math.floor(forms.length * random())] ?? random;
        return Float64Array.from({ length: 9 }, () => draw(random));
      };
      requireKept({
        days: Int32Array.from({ length: 9 }, (_, i) => 19_000 + i),
        ...{ open: column(), high: column(), low: column(), close: column() },
        ...{ adjustedClose: column(), volume: column() },
      });
    }
  });

  test('a part is that part', () => {
    const close = Float64Array.of(1.5, 2.25, 3, 4);
    const open = Float64Array.of(1, 2, 3.5, 4);
    const figures = { open, high: close, low: close, close, adjustedClose: open, volume: open };
    const days = Int32Array.of(5, 6, 9, 10);
    expect(unpackBars(packBars({ days, ...figures }, 1, 3))).toEqual({
      days: days.subarray(1, 3),
      ...{ open: open.subarray(1, 3), high: close.subarray(1, 3), low: close.subarray(1, 3) },
      ...{ close: close.subarray(1, 3), adjustedClose: open.subarray(1, 3) },
      volume: open.subarray(1, 3),
    });
  });

  test('each bit that changes is noticed', () => {
    const close = Float64Array.of(101.25, 102.5, 99.75);
    const prices = { open: close, high: close, low: close, close, adjustedClose: close };
    const text = packBars({ days: Int32Array.of(1, 2, 3), ...prices, volume: close });
    const [prefix = '', data = ''] = text.split(':');
    const bytes = Buffer.from(data, 'base64');
    for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unpackBars(`${prefix}:${damaged.toString('base64')}`)).toBeUndefined();
      expect(unpackCloses(`${prefix}:${damaged.toString('base64')}`)).toBeUndefined();
    }
  });
});
