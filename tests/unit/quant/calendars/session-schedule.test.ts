import { instantOf, isoText } from '#shared/kernel/instant.ts';
import {
  nextSessionTurn,
  parseSessionSchedule,
  tradesFrom,
} from '#shared/quant/calendars/session-schedule.ts';

const at = (iso: string) => instantOf(Date.parse(iso));

function turns(text: string, from: string, count: number): string[] {
  const schedule = parseSessionSchedule(text);
  if (typeof schedule !== 'object') throw new Error(`${text}: ${schedule ?? 'none'}`);
  const found: string[] = [];
  for (let now = at(from); found.length < count;) {
    now = nextSessionTurn(now, schedule) ?? at('1970-01-01T00:00:00Z');
    found.push(isoText(now).slice(0, 16));
  }
  return found;
}

it.each([
  // The clocks change in Berlin on 29 March and in New York on 8 March 2026.
  ['@open XETR +30m', '2026-03-27T00:00:00Z', ['2026-03-27T08:30', '2026-03-30T07:30']],
  ['@open XNYS', '2026-03-06T00:00:00Z', ['2026-03-06T14:30', '2026-03-09T13:30']],
  // Thanksgiving, then a half day.
  ['@close XNYS -15m', '2026-11-25T00:00:00Z', ['2026-11-25T20:45', '2026-11-27T17:45']],
  // Good Friday and Easter Monday.
  ['@open XLON +1h', '2026-04-02T12:00:00Z', ['2026-04-07T08:00']],
  ['@open XTKS -10m', '2026-01-01T00:00:00Z', ['2026-01-04T23:50']],
  ['@close XNYS +5h', '2026-07-01T00:30:00Z', ['2026-07-01T01:00', '2026-07-02T01:00']],
])('%s after %s comes at %j', (text, from, expected) => {
  expect(turns(text, from, expected.length)).toEqual(expected);
});

it('reaches beyond 2027', () => {
  expect(turns('@open XNYS', '2030-07-03T20:00:00Z', 1)).toEqual(['2030-07-05T13:30']);
});

it.each([
  ['@open', 'it is written as'],
  ['@open XETR 30m', 'it is written as'],
  ['@open XETR +30s', 'it is written as'],
  ['@open NOWHERE +30m', 'it is written as'],
  ['@open XXXX +30m', 'no calendar of the exchange XXXX'],
  ['@close XETR +99h', 'more than 24 hours'],
])('%s is refused', (text, why) => {
  expect(parseSessionSchedule(text)).toContain(why);
});

it.each([
  ['XETR', '2026-11-27T09:00:00Z', '2026-11-27T09:00'],
  ['XETR', '2026-11-27T07:00:00Z', '2026-11-27T08:00'],
  ['XETR', '2026-11-27T16:30:00Z', '2026-11-30T08:00'],
  ['XNYS', '2026-11-26T15:00:00Z', '2026-11-27T14:30'],
  ['XNYS', '2026-11-27T18:30:00Z', '2026-11-30T14:30'],
  // The break of Hong Kong.
  ['XHKG', '2026-11-27T04:30:00Z', '2026-11-27T05:00'],
])('%s at %s trades from %s', (exchange, now, expected) => {
  const from = tradesFrom(exchange, at(now)) ?? at('1970-01-01T00:00:00Z');
  expect(isoText(from).slice(0, 16)).toBe(expected);
});

it('nobody knows of an exchange without a calendar', () => {
  expect(tradesFrom('XTST', at('2026-11-27T09:00:00Z'))).toBeUndefined();
});
