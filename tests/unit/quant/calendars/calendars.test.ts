import { createHash } from 'node:crypto';
import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf, isoText } from '#shared/kernel/instant.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { calendarOf } from '#shared/quant/calendars/calendars.ts';
import type { ExchangeCalendar } from '#shared/quant/calendars/exchange-calendar.ts';
import { requireCalendar } from '../../../support/markets/require-calendar.ts';
import { calendarTables } from '#shared/quant/calendars/tables/all.ts';
import { addDays } from '#shared/kernel/calendar-day.ts';

const day = (text: string): CalendarDay => parseDay(text);

function hoursText(calendar: ExchangeCalendar, session: CalendarDay): string {
  const { opens = '', closes = '', pause } = calendar.hours(session) ?? {};
  const times = pause ? [opens, pause.from, pause.to, closes] : [opens, closes];
  return times.map((time) => time.replace(':', '')).join('-');
}

describe('tables of sessions', () => {
  it.each(calendarTables.map((table) => [table.exchange, table] as const))(
    '%s makes the sessions that it was written from',
    (exchange, table) => {
      const calendar = requireCalendar(exchange);
      const sessions = calendar.sessions(calendar.from, calendar.to);
      const lines = sessions.map((session) => `${session} ${hoursText(calendar, session)}`);
      expect(sessions.length).toBe(table.sessions);
      expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(table.checksum);
    },
  );

  it('cover the exchanges that we trade from, and the years of the data', () => {
    for (const exchange of ['XNYS', 'XNAS', 'XLON', 'XETR', 'XFRA', 'XPAR', 'XAMS', 'XMIL', 'XTKS'])
      expect(calendarOf(exchange)).toBeDefined();
    for (const exchange of ['XNYS', 'XLON', 'XETR', 'XPAR', 'XSWX', 'XSTO', 'XHKG'])
      expect(calendarOf(exchange)?.covers(day('1989-12-29'))).toBe(true);
    expect(calendarTables.length).toBeGreaterThan(30);
  });
});

describe('published holidays', () => {
  // gerrymanoim/exchange_calendars 5308ce2, tests/test_<exchange>_calendar.py.
  it.each([
    ['XNYS', '2001-09-11 2012-01-02 2012-04-06 2012-07-04 2012-10-29 2018-12-05 2022-06-20'],
    ['XNYS', '2004-06-11 2007-01-02 2024-06-19 2025-01-09'],
    ['XLON', '2002-06-03 2002-06-04 2011-04-29 2020-05-08 2022-09-19 2023-05-08'],
    ['XETR', '2012-04-06 2012-05-01 2012-12-24 2012-12-31 2015-05-25 2007-05-28 2017-10-31'],
    ['XPAR', '2001-06-04 2000-07-14 2001-12-31'],
    ['XTKS', '2012-01-02 2012-04-30 2020-02-24 2020-07-24 2020-12-31'],
    ['XHKG', '2017-01-02 2017-01-30 2017-04-04 2018-02-16'],
  ])('%s is closed on %s', (exchange, days) => {
    const calendar = requireCalendar(exchange);
    for (const closed of days.split(' ')) {
      expect([closed, calendar.isSession(day(closed))]).toEqual([closed, false]);
      expect(calendar.hours(day(closed))).toBeUndefined();
    }
  });

  it.each([
    ['XNYS', '2006-11-30'],
    ['XLON', '2020-05-04'],
    ['XETR', '2006-06-05 2008-05-12 2022-06-06 2016-10-31 2018-10-31 2022-10-03'],
    ['XPAR', '2002-05-20 2003-07-14 2002-12-31'],
  ])('%s trades on %s', (exchange, days) => {
    for (const open of days.split(' '))
      expect([open, requireCalendar(exchange).isSession(day(open))]).toEqual([open, true]);
  });

  it.each([
    ['XNYS', '2012-11-23', '13:00'],
    ['XNYS', '2013-07-03', '13:00'],
    ['XLON', '2012-12-24', '12:30'],
    ['XLON', '2011-12-23', '12:30'],
    ['XETR', '2012-12-28', '14:00'],
    ['XHKG', '2012-12-24', '12:00'],
  ])('%s closes early on %s, at %s', (exchange, half, closes) => {
    const calendar = requireCalendar(exchange);
    expect(calendar.hours(day(half))?.closes).toBe(closes);
    expect(calendar.isSpecial(day(half))).toBe(true);
  });

  it('closes at the usual hour on the days beside half days', () => {
    const calendar = requireCalendar('XNYS');
    expect(calendar.hours(day('2013-07-05'))?.closes).toBe('16:00');
    expect(calendar.isSpecial(day('2013-07-05'))).toBe(false);
  });
});

describe('sessions in time', () => {
  const at = (text: string) => instantOf(Date.parse(text));

  it('follows the change of the clocks', () => {
    const calendar = requireCalendar('XNYS');
    const opening = (text: string) => isoText(calendar.session(day(text))?.opens ?? at('NaN'));
    expect(opening('2024-03-08')).toBe('2024-03-08T14:30:00.000Z');
    expect(opening('2024-03-11')).toBe('2024-03-11T13:30:00.000Z');
    expect(opening('2024-11-04')).toBe('2024-11-04T14:30:00.000Z');
  });

  it('is closed in the break, and knows hours that changed', () => {
    const tokyo = requireCalendar('XTKS');
    expect(tokyo.isOpen(at('2024-06-03T02:29:59Z'))).toBe(true);
    expect(tokyo.isOpen(at('2024-06-03T02:30:00Z'))).toBe(false);
    expect(tokyo.isOpen(at('2024-06-03T03:30:00Z'))).toBe(true);
    expect(tokyo.hours(day('2024-11-01'))?.closes).toBe('15:00');
    expect(tokyo.hours(day('2024-11-05'))?.closes).toBe('15:30');
  });

  it('is open from the opening until the close, by the local day', () => {
    const sydney = requireCalendar('XASX');
    // Monday morning there is Sunday night in UTC.
    expect(sydney.isOpen(at('2024-06-02T23:59:59Z'))).toBe(false);
    expect(sydney.isOpen(at('2024-06-03T00:00:00Z'))).toBe(true);
    expect(sydney.isOpen(at('2024-06-03T06:00:00Z'))).toBe(false);
  });
});

describe('the end of what is known', () => {
  it('is an error that names the exchange and the range', () => {
    const calendar = requireCalendar('XETR');
    const beyond = addDays(calendar.to, 1);
    expect(() => calendar.isSession(beyond)).toThrow(
      `The calendar of XETR covers ${calendar.from} to ${calendar.to}; ${beyond} is outside of it.`,
    );
    for (const ask of [
      () => calendar.hours(day('1900-01-01')),
      () => calendar.sessionFrom(beyond),
      () => calendar.sessions(calendar.to, beyond),
    ])
      expect(ask).toThrow(Failure);
  });

  it('knows no holidays of an exchange without a table', () => {
    expect(calendarOf('XNOWHERE')).toBeUndefined();
  });

  it('keeps the sessions of another exchange where they are the same', () => {
    expect(calendarOf('XNAS')).toBe(calendarOf('XNYS'));
  });
});

describe('sessions before and after', () => {
  it('lie next to each other (seed calendars 3)', () => {
    const random = seededRandom('calendars 3');
    for (let k = 0; k < 300; k += 1) {
      const exchange =
        calendarTables[integerBelow(random, calendarTables.length)]?.exchange ?? 'XNYS';
      const calendar = requireCalendar(exchange);
      const asked = addDays(day('1999-01-01'), integerBelow(random, 9_000));
      const [before, after] = [calendar.sessionUntil(asked), calendar.sessionFrom(asked)];
      expect([before <= asked, after >= asked]).toEqual([true, true]);
      expect(calendar.isSession(before) && calendar.isSession(after)).toBe(true);
      expect(calendar.sessions(addDays(before, 1), addDays(after, -1))).toEqual([]);
    }
  });
});

describe('days that an exchange has not published yet', () => {
  it.each(['XSES', 'XSHG', 'XBOM'])('of %s are estimated, and known as such', (exchange) => {
    const calendar = requireCalendar(exchange);
    expect([calendar.knownTo, calendar.to]).toEqual(['2026-12-31', '2031-12-31']);
    expect(calendar.isSession(day('2027-03-01'))).toBe(true);
    expect(calendar.isSession(day('2027-03-07'))).toBe(false);
    expect(calendar.hours(day('2031-12-22'))).toEqual(calendar.hours(day('2026-12-22')));
  });

  it('keep the holidays that are certain', () => {
    expect(requireCalendar('XSES').isSession(day('2027-08-09'))).toBe(false);
    expect(requireCalendar('XSHG').isSession(day('2028-10-02'))).toBe(false);
    expect(requireCalendar('XBOM').isSession(day('2027-01-26'))).toBe(false);
  });

  it('are none of an exchange that follows rules', () => {
    for (const exchange of ['XNYS', 'XETR', 'XLON', 'XTKS'])
      expect(requireCalendar(exchange).knownTo).toBe(requireCalendar(exchange).to);
  });
});
