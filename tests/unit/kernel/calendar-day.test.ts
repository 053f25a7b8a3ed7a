import { dayOfEpoch, epochDay } from '#shared/kernel/calendar-day.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';

test('days are counted as the calendar does, from year 0 to 9999', () => {
  const differing: string[] = [];
  for (let days = -719_528; days < 2_932_897; days += 61) {
    const day = dayOfEpoch(days);
    if (epochDay(day) !== days) differing.push(day);
  }
  expect(differing).toEqual([]);
});

test('every day of a century and of a leap century is counted', () => {
  const span = (year: number): number => Math.round(Date.UTC(year, 0, 1) / DAY_MS);
  for (let days = span(1899); days < span(2001); days += 1)
    if (epochDay(dayOfEpoch(days)) !== days) throw new Error(dayOfEpoch(days));
});
