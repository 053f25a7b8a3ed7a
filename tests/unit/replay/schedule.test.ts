/** On which days of a run a decision is due. */
import { addDays, parseDay } from '#shared/kernel/calendar-day.ts';
import { dueDays, type ReplaySchedule } from '#shared/replay/model/schedule.ts';

/** Two Fridays, a week of trading with a holiday on its Monday, and the first days of the next. */
const days = [
  ...['2021-12-24', '2021-12-31', '2022-01-04', '2022-01-05', '2022-01-06', '2022-01-07'],
  ...['2022-01-10', '2022-01-11', '2022-01-12'],
].map(parseDay);

const due = (schedule: ReplaySchedule, own = days): number[] =>
  dueDays(own, schedule).flatMap((isDue, i) => (isDue ? [i] : []));

test.each<[string, ReplaySchedule, number[]]>([
  ['once', { kind: 'once' }, [0]],
  ['daily', { kind: 'daily' }, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  ['every third day of trading', { kind: 'every', days: 3 }, [0, 3, 6]],
  ['every fourth day but the last of the run', { kind: 'every', days: 4 }, [0, 4]],
  ['every day but the last of the run', { kind: 'every', days: 1 }, [0, 1, 2, 3, 4, 5, 6, 7]],
  [
    'the first day of each week, whichever it is',
    { kind: 'first-of', period: 'week' },
    [0, 1, 2, 6],
  ],
  ['the first day of each month', { kind: 'first-of', period: 'month' }, [0, 2]],
  ['the first day of each half-year', { kind: 'first-of', period: 'half-year' }, [0, 2]],
])('%s', (_name, schedule, expected) => {
  expect(due(schedule)).toEqual(expected);
});

test('of weekly prices every second row but the last', () => {
  const weekly = Array.from({ length: 9 }, (_, i) => addDays(parseDay('2022-01-07'), 7 * i));
  expect(due({ kind: 'every', days: 2 }, weekly)).toEqual([0, 2, 4, 6]);
  expect(due({ kind: 'first-of', period: 'week' }, weekly)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('a run of one day trades on it', () => {
  const [only] = days;
  const kinds: ReplaySchedule[] = [
    ...[{ kind: 'once' } as const, { kind: 'every', days: 5 } as const],
    ...[{ kind: 'daily' } as const, { kind: 'first-of', period: 'year' } as const],
  ];
  for (const kind of kinds) expect(due(kind, only ? [only] : [])).toEqual([0]);
});
