import { addDays, daysBetween, isWeekend, parseDay } from '#shared/kernel/calendar-day.ts';
import { Failure, failureTable, invalidRequest } from '#shared/kernel/failure.ts';
import { canonicalJson, contentHash } from '#shared/kernel/hash.ts';
import { parseAccountId } from '#shared/kernel/identifiers.ts';
import { fromTimestamp, instantOf, toTimestamp } from '#shared/kernel/instant.ts';
import { isIsin, parseIsin } from '#shared/kernel/isin.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';

describe('ISIN', () => {
  // Apple, BAE Systems, Siemens, Nestlé, and the example of ISO 6166.
  test.each(['US0378331005', 'GB0002634946', 'DE0007236101', 'CH0038863350', 'AU0000XVGZA3'])(
    'takes %s',
    (isin) => expect(parseIsin(isin)).toBe(isin),
  );

  test.each(['US0378331006', 'us0378331005', 'US037833100', '', 'U10378331005', 'US03783310051'])(
    'refuses %p',
    (isin) => expect(isIsin(isin)).toBe(false),
  );
});

describe('calendar days', () => {
  test.each(['2026-02-29', '2026-13-01', '26-01-01', '2026-1-1', ''])('refuse %p', (text) => {
    expect(() => parseDay(text)).toThrow(/is not a day/);
  });

  test('count across leap days and years', () => {
    expect(addDays(parseDay('2024-02-28'), 2)).toBe('2024-03-01');
    expect(daysBetween(parseDay('2023-12-31'), parseDay('2024-12-31'))).toBe(366);
    expect(isWeekend(parseDay('2026-11-22'))).toBe(true);
    expect(isWeekend(parseDay('2026-11-23'))).toBe(false);
  });
});

describe('instants', () => {
  test('keep their milliseconds as a wire timestamp, before 1970 too', () => {
    for (const ms of [0, 1_764_000_000_123, -1_500]) {
      expect(fromTimestamp(toTimestamp(instantOf(ms)))).toBe(ms);
      expect(toTimestamp(instantOf(ms)).nanos).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('account ids', () => {
  test('an empty one is the default account', () => expect(parseAccountId('')).toBe('default'));
  test.each(['a b', '../x', 'a{b}', 'x'.repeat(129), '.hidden'])('refuse %p', (text) => {
    expect(() => parseAccountId(text)).toThrow(/account id/);
  });
});

describe('content hashes', () => {
  test('do not depend on the order of keys', () => {
    expect(contentHash({ a: 1, b: { c: 2, d: 3 } })).toBe(contentHash({ b: { d: 3, c: 2 }, a: 1 }));
    expect(canonicalJson([2, 1])).toBe('[2,1]');
    expect(contentHash([1, 2])).not.toBe(contentHash([2, 1]));
  });
});

describe('seeded randomness', () => {
  test('repeats with its seed and differs with another', () => {
    const draw = (seed: string): number[] => {
      const random = seededRandom(seed);
      return [random(), random(), random()];
    };
    expect(draw('7')).toEqual(draw('7'));
    expect(draw('7')).not.toEqual(draw('8'));
  });

  test('is uniform and normal enough to simulate with', () => {
    const random = seededRandom('moments');
    const draws = Array.from({ length: 20_000 }, () => normal(random));
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });
});

describe('failures', () => {
  test('of every code say what HTTP and gRPC answer', () => {
    for (const [code, rule] of Object.entries(failureTable)) {
      expect(rule.http).toBeGreaterThanOrEqual(400);
      expect(rule.grpc).toBeGreaterThan(0);
      expect(`${code}: ${rule.means}`).toMatch(/: \S/);
    }
  });

  test('of a request name every field', () => {
    const failure = invalidRequest({ field: 'a', message: 'x' }, { field: 'b', message: 'y' });
    expect(failure.toJSON()).toMatchObject({
      code: 'INVALID_REQUEST',
      field: 'a',
      message: 'a: x; b: y',
    });
  });

  test('that are unforeseen do not expose their text', () => {
    expect(Failure.from(new Error('password is hunter2')).toJSON()).toEqual({
      code: 'BUG',
      message: 'Something went wrong inside; the log has the details.',
    });
  });

  test('survive serialisation to another process and back', () => {
    const failure = new Failure('REFUSED', 'No.', { rule: 'market-closed' });
    const back = Failure.fromBody(JSON.parse(JSON.stringify(failure)), 422);
    expect([back.code, back.message, back.facts]).toEqual([
      'REFUSED',
      'No.',
      { rule: 'market-closed' },
    ]);
    expect(Failure.fromBody('<html>', 502).code).toBe('UNAVAILABLE');
  });

  // "error finding function gateway.openfaas-fn: ... dial tcp 10.62.0.1:8081: connect: connection refused"
  test('of a gateway whose provider is away are no "not found", and the same call may be sent again', () => {
    const away = Failure.fromBody(undefined, 404);
    expect([away.code, away.rule.retry, away.facts]).toEqual([
      'UNAVAILABLE',
      'later',
      { sent: 'no' },
    ]);
    const own = { code: 'NOT_FOUND', message: 'There is no plan p-1.' };
    expect(Failure.fromBody(own, 404).code).toBe('NOT_FOUND');
  });
});
