import { duplicateKeys } from '#shared/contract/duplicate-keys.ts';
import { seededRandom, integerBelow } from '#shared/kernel/random.ts';

test.each([
  ['{"quantity":1,"quantity":100}', ['quantity']],
  ['{"amount":{"amount":"1","amount":"2","currency":"EUR"}}', ['amount.amount']],
  ['{"a" : 1 , "b":{"a":1},\n"a"\t:2}', ['a']],
  ['{"trades":[{"isin":"x"},{"isin":"y","isin":"z"}]}', ['trades.isin']],
  ['{"quantity":1,"\\u0071uantity":2}', ['quantity']],
  ['{"":1,"":2}', ['']],
  ['{"a":1,"a":2,"a":3,"b":1,"b":1}', ['a', 'b']],
  ['{"toString":1,"constructor":2}', []],
  ['{"a":"b","b":"a"}', []],
  ['{"a":"\\"a\\":","b":"\\\\"}', []],
  ['["a","a"]', []],
  ['"a"', []],
  ['{}', []],
])('the keys that %s repeats', (text, expected) => {
  expect(duplicateKeys(text)).toEqual(expected);
});

test('any text that JSON.stringify writes repeats none, and any object given twice repeats all', () => {
  const random = seededRandom('duplicate-keys-1');
  const strings = ['a', '"', '\\', '{', '}', ':', ',', 'é', '\n', '\\"', '":"', '[1]'];
  const pick = (): string => strings[integerBelow(random, strings.length)] ?? '';
  const value = (depth: number): unknown => {
    const kind = integerBelow(random, depth > 3 ? 2 : 4);
    if (kind === 0) return pick() + pick();
    if (kind === 1) return integerBelow(random, 1_000) - 500;
    const length = integerBelow(random, 4);
    if (kind === 2) return Array.from({ length }, () => value(depth + 1));
    return Object.fromEntries(
      Array.from({ length }, () => [pick() + pick(), value(depth + 1)] as const),
    );
  };
  for (let round = 0; round < 2_000; round += 1) {
    const object = { first: value(0), second: value(0) };
    const text = JSON.stringify(object, null, integerBelow(random, 3));
    expect(duplicateKeys(text)).toEqual([]);
    const twice = `${text.slice(0, -1)},${text.slice(1)}`;
    expect(duplicateKeys(twice)).toEqual(['first', 'second']);
  }
});

test('nesting of any depth needs no recursion', () => {
  const deep = `${'{"a":['.repeat(50_000)}${']}'.repeat(50_000)}`;
  expect(duplicateKeys(deep)).toEqual([]);
});
