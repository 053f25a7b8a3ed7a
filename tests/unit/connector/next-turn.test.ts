import { parseSchedules } from '#gateway/connector/cron-schedule.ts';
import { nextTurn } from '#gateway/queue/next-turn.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#shared/kernel/instant.ts';

/** The turns of an annotation's schedule after an instant, in ISO. */
function turnsAfter(annotation: string, fromIso: string, count: number): string[] {
  const [schedule] = parseSchedules(annotation);
  if (!schedule || !('turns' in schedule)) throw new Error(`${annotation} is no schedule`);
  const found: string[] = [];
  for (let at = Date.parse(fromIso); found.length < count;) {
    at = nextTurn(at, schedule.turns) ?? Number.NaN;
    found.push(new Date(at).toISOString());
  }
  return found;
}

it.each([
  [
    'CRON_TZ=Africa/Cairo 0 0 * * *',
    '2026-04-23T12:00:00Z',
    ['2026-04-23T22:00', '2026-04-24T21:00'],
  ],
  [
    'CRON_TZ=Africa/Cairo 30 0 * * *',
    '2026-04-23T12:00:00Z',
    ['2026-04-23T22:00', '2026-04-24T21:30'],
  ],
  ['CRON_TZ=Africa/Cairo @daily', '2026-04-23T12:00:00Z', ['2026-04-23T22:00', '2026-04-24T21:00']],
  [
    'CRON_TZ=America/Santiago 0 0 6 9 *',
    '2026-09-01T00:00:00Z',
    ['2026-09-06T04:00', '2027-09-06T03:00'],
  ],
  [
    'CRON_TZ=America/Havana 15 0 * * *',
    '2026-03-07T12:00:00Z',
    ['2026-03-08T05:00', '2026-03-09T04:15'],
  ],
  [
    'CRON_TZ=Asia/Beirut 0 0 * * *',
    '2026-03-28T12:00:00Z',
    ['2026-03-28T22:00', '2026-03-29T21:00'],
  ],
  [
    'CRON_TZ=Europe/Berlin 30 2 * * *',
    '2026-03-28T12:00:00Z',
    ['2026-03-29T01:00', '2026-03-30T00:30'],
  ],
  [
    'CRON_TZ=Australia/Lord_Howe 15 2 * * *',
    '2026-10-03T00:00:00Z',
    ['2026-10-03T15:30', '2026-10-04T15:15'],
  ],
  // Exists twice.
  [
    'CRON_TZ=Europe/Berlin 30 2 * * *',
    '2026-10-24T12:00:00Z',
    ['2026-10-25T00:30', '2026-10-26T01:30'],
  ],
  [
    'CRON_TZ=America/Havana 30 0 * * *',
    '2026-10-31T12:00:00Z',
    ['2026-11-01T04:30', '2026-11-02T05:30'],
  ],
  ['@every 90s', '1970-01-01T00:00:00Z', ['1970-01-01T00:01', '1970-01-01T00:03']],
])('%s after %s', (annotation, from, expected) => {
  const turns = turnsAfter(annotation, from, 2).map((iso) => iso.slice(0, 16));
  expect(turns).toEqual(expected);
});

it('does not lose the day that a date line skipped', () => {
  const turns = { pattern: '0 9 30 12 *', tz: 'Pacific/Apia' };
  const at = nextTurn(Date.parse('2011-12-01T00:00:00Z'), turns) ?? 0;
  expect(new Date(at).toISOString()).toBe('2011-12-30T10:00:00.000Z');
});

const YEARS = [2024, 2027] as const;
const [FROM_MS, UNTIL_MS] = [Date.UTC(YEARS[0], 0, 1), Date.UTC(YEARS[1], 0, 1)];

interface Transition {
  readonly zone: string;
  /** First instant with the new offset. */
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Local time minus UTC. */
function offsetReader(zone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  return (ms) => {
    const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d+):(\d+)/.exec(name) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS);
  };
}

function transitionsOf(zone: string): Transition[] {
  const offsetAt = offsetReader(zone);
  const found: Transition[] = [];
  const stepMs = 14 * DAY_MS;
  for (let ms = FROM_MS; ms < UNTIL_MS; ms += stepMs) {
    const [beforeMs, afterMs] = [offsetAt(ms), offsetAt(ms + stepMs)];
    if (beforeMs === afterMs) continue;
    let [low, high] = [ms, ms + stepMs];
    while (high - low > MINUTE_MS) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetAt(middle) === beforeMs) low = middle;
      else high = middle;
    }
    found.push({ zone, atMs: high, beforeMs, afterMs });
  }
  return found;
}

/** One zone for each moment and change: hundreds of names share the same clock. */
const transitions = [
  ...new Map(
    Intl.supportedValuesOf('timeZone')
      .flatMap(transitionsOf)
      .map((one) => [`${one.atMs} ${one.beforeMs} ${one.afterMs}`, one]),
  ).values(),
];

const dailyAt = (localMs: number): string => {
  const local = new Date(localMs);
  return `${local.getUTCMinutes()} ${local.getUTCHours()} * * *`;
};

it('comes once each local day over every change of every clock', () => {
  expect(transitions.length).toBeGreaterThan(40);
  for (const { zone, atMs, beforeMs, afterMs } of transitions) {
    const jumpMs = afterMs - beforeMs;
    // A local time in the middle of what is skipped, or of what comes twice.
    const localMs = atMs + Math.min(beforeMs, afterMs) + Math.abs(jumpMs) / 2;
    const turns = { pattern: dailyAt(localMs), tz: zone };
    const expected = jumpMs > 0 ? atMs : localMs - beforeMs;
    const seen = [nextTurn(atMs - 20 * HOUR_MS, turns), nextTurn(expected, turns)];
    expect({ zone, turns, seen }).toEqual({
      zone,
      turns,
      seen: [expected, localMs + DAY_MS - afterMs],
    });
  }
});

it('fires at each midnight of every zone around the changes', () => {
  for (const { zone, atMs, beforeMs, afterMs } of transitions) {
    const turns = { pattern: '0 0 * * *', tz: zone };
    const days: string[] = [];
    for (let at = atMs - 3 * DAY_MS; days.length < 6;) {
      at = nextTurn(at, turns) ?? Number.NaN;
      days.push(new Date(at + (at < atMs ? beforeMs : afterMs)).toISOString().slice(0, 10));
    }
    const first = Date.parse(days[0] ?? '');
    const consecutive = days.map((_day, i) =>
      new Date(first + i * DAY_MS).toISOString().slice(0, 10),
    );
    expect({ zone, days }).toEqual({ zone, days: consecutive });
  }
});

it('comes every half hour through every change', () => {
  for (const { zone, atMs, beforeMs, afterMs } of transitions) {
    if ((afterMs - beforeMs) % (30 * MINUTE_MS) !== 0) continue;
    const turns = { pattern: '*/30 * * * *', tz: zone };
    let at = nextTurn(atMs - 3 * HOUR_MS - 1, turns) ?? Number.NaN;
    const gaps = Array.from({ length: 12 }, () => {
      const next = nextTurn(at, turns) ?? Number.NaN;
      const gapMs = next - at;
      at = next;
      return gapMs;
    });
    expect({ zone, gaps: [...new Set(gaps)] }).toEqual({ zone, gaps: [30 * MINUTE_MS] });
  }
});

it('follows the sessions of an exchange, and refuses one without a calendar', () => {
  expect(turnsAfter('@open XETR +30m', '2026-03-27T00:00:00Z', 2)).toEqual([
    '2026-03-27T08:30:00.000Z',
    '2026-03-30T07:30:00.000Z',
  ]);
  expect(parseSchedules('@open XXXX')).toEqual([
    { text: '@open XXXX', complaint: 'there is no calendar of the exchange XXXX' },
  ]);
});
