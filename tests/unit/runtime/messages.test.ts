import { planning } from '#shared/contract/planning.ts';
import { readMessage, requireFinite } from '#shared/runtime/wire.ts';

it('reads an object by the schema of its row', () => {
  const message = { planId: 'a-plan' };
  const { format, wire, request } = readMessage(planning.getPlan, message);
  expect([format, wire, request]).toEqual(['object', message, { planId: 'a-plan' }]);
});

it('names every wrong field', () => {
  expect(() => readMessage(planning.listPlans, { limit: -1, other: 1 })).toThrow(
    expect.objectContaining({
      code: 'INVALID_REQUEST',
      facts: expect.objectContaining({
        violations: expect.arrayContaining([
          expect.objectContaining({ field: 'limit' }),
          expect.objectContaining({ field: 'other' }),
        ]),
      }),
    }),
  );
});

it.each([Number.NaN, Number.POSITIVE_INFINITY])('lets no %s out, wherever it is', (value) => {
  const places = [{ a: value }, { a: { b: [1, value] } }, [{ c: value }]];
  for (const message of places)
    expect(() => requireFinite(message)).toThrow(
      expect.objectContaining({ code: 'BUG', message: expect.stringContaining(String(value)) }),
    );
});

it('answers a message in which all are finite as it is', () => {
  const message = { a: 1, b: [0, -1.5], c: null, d: undefined, e: Buffer.from('x'), f: 'NaN' };
  expect(requireFinite(message)).toBe(message);
});
