/** Stored values that do not parse are named, with what an operator can do. */
import * as z from 'zod';
import { Failure } from '#shared/kernel/failure.ts';
import { decode } from '#shared/redis/codec.ts';

const record = z.strictObject({
  id: z.string(),
  parts: z.array(z.strictObject({ of: z.number() })),
});

function failureOf(json: string): Failure {
  try {
    decode(record, json, 'plan:1');
  } catch (thrown) {
    return Failure.from(thrown);
  }
  throw new Error('it was read');
}

const NEWER = 'probably written by a newer version';

test.each([
  ['a field of its own', { id: 'a', parts: [], rates: [] }, 'rates'],
  ['a field of a part', { id: 'a', parts: [{ of: 1, unit: 'm' }] }, 'unit'],
])(
  'a record with %s that this version does not know is said to be of a newer one',
  (_n, value, field) => {
    const failure = failureOf(JSON.stringify(value));
    expect(failure.code).toBe('DATA_CORRUPT');
    expect(failure.message).toContain(NEWER);
    expect(failure.message).toContain(field);
  },
);

test.each([
  ['lacks a field', '{"id":"a"}'],
  ['has a wrong one beside an unknown one', '{"id":1,"parts":[],"rates":[]}'],
  ['is no JSON', '{"id":'],
])('a record that %s is not', (_name, json) => {
  const failure = failureOf(json);
  expect(failure.code).toBe('DATA_CORRUPT');
  expect(failure.message).not.toContain(NEWER);
});
