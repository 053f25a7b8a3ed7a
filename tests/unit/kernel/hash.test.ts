/** Canonical JSON: what `JSON.stringify` writes of objects whose names were sorted before. */
import * as fc from 'fast-check';
import { canonicalJson } from '#shared/kernel/hash.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';

/** In the plainest way. */
function plainly(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

const leaf = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.boolean(),
  fc.constantFrom(null, undefined, NaN, Infinity, -0, 1e21, 5e-324, '\ud800', new Date(0)),
  fc.constantFrom(Decimal.parse('1.50'), Money.parse('2.5', 'EUR'), new Map([[1, 2]]), () => 1),
);
const name = fc.oneof(
  fc.constantFrom('__proto__', 'toJSON'),
  fc.string(),
  fc.integer({ min: 0, max: 200 }).map(String),
);
const anything = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('value')), fc.dictionary(name, tie('value'))),
})).value;

test('canonical JSON is what JSON.stringify writes of sorted names', () => {
  fc.assert(
    fc.property(anything, (value) => {
      expect(canonicalJson(value)).toBe(plainly(value));
    }),
  );
});

test('indices come first and by their numbers, and what JSON leaves out is left out', () => {
  const value = { b: 1, '10': 'x', '9': [undefined, () => 1, NaN], a: undefined, '01': { z: 0 } };
  expect(canonicalJson(value)).toBe('{"9":[null,null,null],"10":"x","01":{"z":0},"b":1}');
  expect(canonicalJson(value)).toBe(plainly(value));
});
