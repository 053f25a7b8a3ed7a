import { addDays, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { DAY_MS, instantOf, isoText, later, type Instant } from '#shared/kernel/instant.ts';
import {
  nextSessionTurn,
  parseSessionSchedule,
  tradesFrom,
} from '#shared/quant/calendars/session-schedule.ts';
import { calendarTables } from '#shared/quant/calendars/tables/all.ts';
import { requireCalendar } from '../../../support/markets/require-calendar.ts';

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

/** The weeks of 2026 in which the clock of any of the exchanges changes. */
const weeks = [
  ['2026-03-05', '2026-04-08'],
  ['2026-09-24', '2026-11-04'],
] as const;

function* daysOf([first, last]: readonly [string, string]): Generator<CalendarDay> {
  for (let day = parseDay(first); day <= parseDay(last); day = addDays(day, 1)) yield day;
}

it.each(calendarTables.map(({ exchange }) => exchange))(
  'comes once in each session of %s, at the same time of its clock over every change',
  (exchange) => {
    const calendar = requireCalendar(exchange);
    const format = clockIn(calendar.zone);
    for (const span of weeks) {
      const sessions = [...daysOf(span)].flatMap((day) => calendar.session(day) ?? []);
      expect(sessions.length).toBeGreaterThan(20);
      const after = (text: string, first: Instant | undefined) =>
        turns(text, isoText(later(first ?? instantOf(0), -1)), sessions.length);
      const opens = sessions.map((session) => session.opens);
      const late = sessions.map((session) => later(session.closes, DAY_MS));
      expect(after(`@open ${exchange}`, opens[0])).toEqual(opens.map(minuteText));
      expect(after(`@close ${exchange} +24h`, late[0])).toEqual(late.map(minuteText));
      const clocks = sessions.map(({ opens: from, closes }) => [format(from), format(closes)]);
      const hours = sessions.map(({ day }) => calendar.hours(day));
      expect(clocks).toEqual(hours.map((one) => [one?.opens, one?.closes]));
    }
  },
);

function minuteText(at: Instant): string {
  return isoText(at).slice(0, 16);
}

function clockIn(timeZone: string): (at: Instant) => string {
  const form = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const format = new Intl.DateTimeFormat('en-GB', form);
  return (at) => format.format(at);
}

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
