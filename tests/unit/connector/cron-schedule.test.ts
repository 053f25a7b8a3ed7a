import { parseSchedules } from '#gateway/connector/cron-schedule.ts';
import { calendarTables } from '#shared/quant/calendars/tables/all.ts';

it.each([
  ['*/5 * * * *', { pattern: '*/5 * * * *', tz: 'UTC' }],
  ['30 22 * * 1-5', { pattern: '30 22 * * 1-5', tz: 'UTC' }],
  ['0 7 ? JAN,Mar MON-fri', { pattern: '0 7 * 1,3 1-5', tz: 'UTC' }],
  // The cron-connector's parser takes a start with a step up to the end.
  ['5/15 * * * *', { pattern: '5-59/15 * * * *', tz: 'UTC' }],
  ['@hourly', { pattern: '0 * * * *', tz: 'UTC' }],
  ['@weekly', { pattern: '0 0 * * 0', tz: 'UTC' }],
  ['CRON_TZ=Europe/Vienna 0 7 * * *', { pattern: '0 7 * * *', tz: 'Europe/Vienna' }],
  ['TZ=Asia/Tokyo @daily', { pattern: '0 0 * * *', tz: 'Asia/Tokyo' }],
  ['@every 1h30m', { every: 5_400_000 }],
  ['@every 90s', { every: 90_000 }],
  ['@every 10ms', { every: 1_000 }],
])('"%s" has next times', (text, turns) => {
  expect(parseSchedules(text)).toEqual([{ text, turns }]);
});

it.each([
  ['* * * *', 'it has 4 fields instead of five'],
  ['0 * * * * *', 'it has 6 fields instead of five'],
  ['60 * * * *', 'its minute is "60"'],
  ['* 24 * * *', 'its hour is "24"'],
  ['* * 0 * *', 'its day of month is "0"'],
  ['* * * * 7', 'its day of week is "7"'],
  ['*/0 * * * *', 'its minute is "*/0"'],
  ['9-5 * * * *', 'its minute is "9-5"'],
  ['? * * * *', 'its minute is "?"'],
  ['* * L * *', 'its day of month is "L"'],
  ['@sometimes', '@sometimes is not known'],
  ['@every', ' is no duration'],
  ['@every 90', '90 is no duration'],
  ['CRON_TZ=Mars/Olympus 0 0 * * *', 'Mars/Olympus is no time zone'],
  ['0 0 31 2 *', 'it never comes'],
])('"%s" is no schedule: %s', (text, complaint) => {
  expect(parseSchedules(text)).toEqual([{ text, complaint }]);
});

it('accepts several, and validates each separately', () => {
  expect(parseSchedules('@hourly; 61 * * * * ;@every 1m;')).toEqual([
    { text: '@hourly', turns: { pattern: '0 * * * *', tz: 'UTC' } },
    { text: '61 * * * *', complaint: 'its minute is "61"' },
    { text: '@every 1m', turns: { every: 60_000 } },
  ]);
  expect(parseSchedules('')).toEqual([]);
});

it('refuses the sessions of an exchange whose calendar has ended, with the table as it is', () => {
  const [table] = calendarTables.filter(({ exchange }) => exchange === 'XNYS');
  jest.useFakeTimers({ now: Date.parse(`${table?.to ?? ''}T23:59:59Z`) });
  try {
    expect(parseSchedules('@open XNAS +30m; @hourly')).toEqual([
      { text: '@open XNAS +30m', complaint: 'the calendar of the exchange XNAS has ended' },
      { text: '@hourly', turns: { pattern: '0 * * * *', tz: 'UTC' } },
    ]);
  } finally {
    jest.useRealTimers();
  }
});
