import { Failure, failureTable, type FailureCode } from '#shared/kernel/failure.ts';
import { mayRepeat } from '#shared/clients/remote/may-repeat.ts';
import { Outage } from '#shared/clients/remote/outage.ts';

const read = { effect: 'reads' } as const;
const write = { effect: 'writes' } as const;
const trade = { effect: 'trades' } as const;
const key = { idempotencyKey: 'k' };
const lost = new Outage('connection', 'unknown', undefined);
const never = new Outage('connection', 'no', undefined);
const late = new Outage('deadline', 'unknown', undefined);
const answered = (code: FailureCode) => new Failure(code, 'x');

test.each([
  ['a read after a lost connection', read, lost],
  ['a read nobody received', read, never],
  ['a read that a busy function refused', read, answered('TOO_BUSY')],
  ['a read whose function lacks its Redis', read, answered('UNAVAILABLE')],
  ['a write with its key after a lost connection', { ...write, ...key }, lost],
  ['a write with its key that answered UNAVAILABLE', { ...write, ...key }, answered('UNAVAILABLE')],
  ['an order with its key after a lost connection', { ...trade, ...key }, lost],
] as const)('%s is sent again', (_name, call, thrown) => {
  expect(mayRepeat(call, thrown)).toBe(true);
});

test.each([
  ['a read after its deadline', read, late],
  ['a write without a key after a lost connection', write, lost],
  ['a write without a key that nobody received', write, never],
  ['a write with its key that was refused as too much', { ...write, ...key }, answered('TOO_BUSY')],
  ['a write with its key after its deadline', { ...write, ...key }, late],
  ['a write with its key that answered DEADLINE', { ...write, ...key }, answered('DEADLINE')],
  ['an order without a key', trade, lost],
] as const)('%s is not sent again', (_name, call, thrown) => {
  expect(mayRepeat(call, thrown)).toBe(false);
});

test('what the failure table never retries is not sent again, whatever it is', () => {
  const codes = (Object.keys(failureTable) as FailureCode[]).filter(
    (code) => failureTable[code].retry === 'never',
  );
  expect(codes.length).toBeGreaterThan(8);
  for (const code of codes)
    for (const call of [read, { ...write, ...key }, { ...trade, ...key }])
      expect(mayRepeat(call, answered(code))).toBe(false);
});
