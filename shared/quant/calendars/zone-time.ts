/** Local time in a zone and the instants it stands for, by the zone data of the runtime. */
import { dayOfEpoch, epochDay, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { DAY_MS, MINUTE_MS, instantOf, type Instant } from '#shared/kernel/instant.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Clocks change on whole quarters of an hour of UTC. */
const QUARTER_MS = 15 * MINUTE_MS;
const offsets = new Map<string, number>();
const OFFSETS_KEPT = 1_000;

/** Milliseconds that a zone's clock is ahead of UTC. */
function zoneOffsetMs(zone: string, instant: Instant): number {
  const key = `${zone} ${Math.floor(instant / QUARTER_MS)}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  if (offsets.size >= OFFSETS_KEPT) offsets.clear();
  const offset = measuredOffsetMs(zone, instant);
  offsets.set(key, offset);
  return offset;
}

function measuredOffsetMs(zone: string, instant: Instant): number {
  const format = formats.get(zone) ?? formatOf(zone);
  formats.set(zone, format);
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const day = parseDay(`${part('year')}-${part('month')}-${part('day')}`);
  const minutes = Number(part('hour')) * 60 + Number(part('minute'));
  const local = epochDay(day) * DAY_MS + minutes * MINUTE_MS + Number(part('second')) * 1000;
  return local - Math.floor(instant / 1000) * 1000;
}

/** The instant at which a zone's clock shows so many minutes past midnight of a day. */
export function instantAt(zone: string, day: CalendarDay, minutes: number): Instant {
  const local = epochDay(day) * DAY_MS + minutes * MINUTE_MS;
  const guess = instantOf(local - zoneOffsetMs(zone, instantOf(local)));
  // The guess may lie on the other side of a change of the clock; then its own offset is right.
  return instantOf(local - zoneOffsetMs(zone, guess));
}

/** The day that a zone's calendar shows. */
export function localDay(zone: string, instant: Instant): CalendarDay {
  const local = instant + zoneOffsetMs(zone, instant);
  return dayOfEpoch(Math.floor(local / DAY_MS));
}

function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
}
