import type { z } from 'zod';
import * as fields from '#shared/contract/fields.ts';

function parse(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  return result.success ? result.data : `refused: ${result.error.issues[0]?.message}`;
}

describe('request fields', () => {
  test('take their proto3 default when absent or null', () => {
    expect(parse(fields.text(), undefined)).toBe('');
    expect(parse(fields.bool, null)).toBe(false);
    expect(parse(fields.double(), undefined)).toBe(0);
    expect(parse(fields.list(fields.isin), null)).toEqual([]);
    expect(parse(fields.limit, 0)).toBe(100);
    expect(parse(fields.account, '')).toBe('default');
    expect(parse(fields.money, undefined)).toBeUndefined();
    expect(parse(fields.map(fields.text()), undefined)).toEqual(new Map());
  });

  test('take numbers as text and enums as numbers, as proto3 JSON does', () => {
    expect(parse(fields.int32(), '42')).toBe(42);
    expect(parse(fields.double(), '-1.5e-3')).toBe(-0.0015);
    expect(parse(fields.requiredEnumeration(['UNSPECIFIED', 'BUY', 'SELL']), 2)).toBe('SELL');
  });

  test.each([
    [fields.double(), 'NaN'],
    [fields.double(), 'Infinity'],
    [fields.double(), '1,5'],
    [fields.double(), true],
    [fields.int32(), 1.5],
    [fields.int32(), 2 ** 31],
    [fields.limit, 1001],
    [fields.limit, -1],
    [fields.offset, -1],
    [fields.isin, 'US0378331006'],
    [fields.isin, undefined],
    [fields.quantity, -1],
    [fields.quantity, '1e400'],
    [fields.positiveQuantity, 0],
    [fields.money, { amount: '1.001', currency: 'EUR' }],
    [fields.money, { amount: '1', currency: 'XXX' }],
    [fields.money, { amount: '1', currency: 'EUR', extra: 1 }],
    [fields.money, { amount: 1, currency: 'EUR' }],
    [fields.moneyNotNegative, { amount: '-1', currency: 'EUR' }],
    [fields.price, { amount: '0', currency: 'EUR' }],
    [fields.requiredEnumeration(['UNSPECIFIED', 'BUY']), 'UNSPECIFIED'],
    [fields.requiredEnumeration(['UNSPECIFIED', 'BUY']), 'HOLD'],
    [fields.requiredEnumeration(['UNSPECIFIED', 'BUY']), 7],
    [fields.text(5), '123456'],
    [fields.text(), 'a\u0000b'],
    [fields.symbol, 'A B'],
    [fields.timestamp(), { seconds: 1e300 }],
    [fields.timestamp(), { seconds: -62_135_596_801 }],
    [fields.timestamp(), { seconds: 253_402_300_800 }],
    [fields.map(fields.text(), ['a']), { b: 'x' }],
    [fields.list(fields.bool, 2), [true, true, true]],
  ])('refuse %# %p', (schema, value) => {
    expect(parse(schema as z.ZodType, value)).toMatch(/^refused: ./);
  });

  test('do not let a map modify the prototype', () => {
    const evil = JSON.parse('{"__proto__": {"polluted": "x"}, "constructor": "y"}') as unknown;
    parse(fields.map(fields.text()), evil);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
