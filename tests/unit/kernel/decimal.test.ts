import fc from 'fast-check';
import { Decimal, type Rounding } from '#shared/kernel/decimal.ts';

const d = (text: string): Decimal => Decimal.parse(text);

describe('Decimal', () => {
  test.each(['', '.5', '5.', '1e3', 'NaN', ' 1', '0x1', '--1', '1,000', '١'])(
    'refuses %p',
    (text) => {
      expect(() => d(text)).toThrow(/is not a decimal/);
    },
  );

  test.each([
    ['0.1', '0.2', '0.3'],
    ['-1.05', '1', '-0.05'],
    ['99999999999999999999', '0.01', '99999999999999999999.01'],
  ])('adds %s and %s exactly', (a, b, sum) => {
    expect(d(a).add(d(b)).toString()).toBe(sum);
  });

  const rounded: [Rounding, string[]][] = [
    ['down', ['2', '2', '-2', '-2', '1']],
    ['up', ['3', '3', '-3', '-3', '2']],
    ['floor', ['2', '2', '-3', '-3', '1']],
    ['ceiling', ['3', '3', '-2', '-2', '2']],
    ['half-up', ['3', '2', '-3', '-2', '2']],
    ['half-even', ['2', '2', '-2', '-2', '2']],
  ];
  test.each(rounded)('rounds %s', (mode, expected) => {
    const given = ['2.5', '2.4', '-2.5', '-2.4', '1.5'];
    expect(given.map((text) => d(text).round(0, mode).toString())).toEqual(expected);
  });

  test('divides to a stated scale', () => {
    expect(d('1').divide(d('3'), 4, 'half-even').toString()).toBe('0.3333');
    expect(d('-2').divide(d('3'), 2, 'half-up').toString()).toBe('-0.67');
    expect(d('1').divide(d('0.004'), 0, 'down').toString()).toBe('250');
    expect(() => d('1').divide(Decimal.zero, 2, 'down')).toThrow(/divided by zero/);
  });

  test('reads a number as it is written, not as it is stored', () => {
    expect(Decimal.ofNumber(0.1).toString()).toBe('0.1');
    expect(Decimal.ofNumber(1e21).toString()).toBe('1000000000000000000000');
    expect(Decimal.ofNumber(-1.5e-7).toString()).toBe('-0.00000015');
    expect(() => Decimal.ofNumber(Number.NaN)).toThrow(/finite/);
  });

  test('reads each number by its shortest digits, and is the nearest number again', () => {
    const written = (value: number): string => {
      const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
      const digits = d(mantissa);
      const scale = digits.scale - Number(exponent);
      return scale >= 0
        ? new Decimal(digits.units, scale).toString()
        : new Decimal(digits.units * 10n ** BigInt(-scale), 0).toString();
    };
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const usual = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.oneof(number, usual, fc.integer()), (value) => {
        expect(Decimal.ofNumber(value).toString()).toBe(written(value));
        expect(Decimal.ofNumber(value).toEstimate()).toBe(value + 0);
      }),
    );
    const units = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 40 }), (u, scale) => {
        const one = new Decimal(u, scale);
        expect(one.toEstimate()).toBe(Number(one.toString()));
      }),
    );
  });

  test('keeps value through text and number, and order through comparison', () => {
    const units = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
    const scale = fc.integer({ min: 0, max: 8 });
    fc.assert(
      fc.property(units, scale, units, scale, (u1, s1, u2, s2) => {
        const [a, b] = [new Decimal(u1, s1), new Decimal(u2, s2)];
        expect(d(a.toString()).equals(a)).toBe(true);
        expect(a.add(b).subtract(b).equals(a)).toBe(true);
        expect(a.compare(b)).toBe(-b.compare(a) + 0);
        expect(a.normalize().equals(a)).toBe(true);
      }),
    );
  });
});
