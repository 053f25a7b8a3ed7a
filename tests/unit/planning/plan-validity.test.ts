import { instantOf, isoText } from '#shared/kernel/instant.ts';
import { validUntil } from '#shared/planning/model/plan-validity.ts';

const at = (iso: string) => instantOf(Date.parse(iso));

it.each([
  ['in the session', '2026-03-04T10:00:00Z', 1, ['XETR'], '2026-03-04T16:30:00.000Z'],
  ['before it', '2026-03-04T03:00:00Z', 1, ['XETR'], '2026-03-04T16:30:00.000Z'],
  ['after its close', '2026-03-04T20:00:00Z', 1, ['XETR'], '2026-03-05T16:30:00.000Z'],
  ['at its close', '2026-03-04T16:30:00Z', 1, ['XETR'], '2026-03-05T16:30:00.000Z'],
  ['on a Friday evening', '2026-03-06T20:00:00Z', 1, ['XETR'], '2026-03-09T16:30:00.000Z'],
  ['before Easter', '2026-04-02T20:00:00Z', 1, ['XETR'], '2026-04-07T15:30:00.000Z'],
  ['for two days', '2026-03-06T10:00:00Z', 2, ['XETR'], '2026-03-09T16:30:00.000Z'],
  [
    'where the day is already tomorrow',
    '2026-03-04T16:00:00Z',
    1,
    ['XTKS'],
    '2026-03-05T06:30:00.000Z',
  ],
  [
    'in New York, whose day goes past midnight UTC',
    '2026-03-05T00:30:00Z',
    1,
    ['XNYS'],
    '2026-03-05T21:00:00.000Z',
  ],
  ['on a short day', '2026-11-27T15:00:00Z', 1, ['XNYS'], '2026-11-27T18:00:00.000Z'],
  [
    'at the later of two exchanges',
    '2026-03-04T10:00:00Z',
    1,
    ['XETR', 'XNYS'],
    '2026-03-04T21:00:00.000Z',
  ],
  [
    'at an exchange without a calendar',
    '2026-03-04T10:00:00Z',
    1,
    ['XXXX'],
    '2026-03-05T00:00:00.000Z',
  ],
  [
    'beyond the range of the calendar',
    '2040-03-05T10:00:00Z',
    1,
    ['XETR'],
    '2040-03-06T00:00:00.000Z',
  ],
  ['with no orders', '2026-03-04T10:00:00Z', 2, [], '2026-03-06T00:00:00.000Z'],
])('a plan that is made %s ends with its trading day', (_when, createdAt, days, exchanges, end) => {
  expect(isoText(validUntil(at(createdAt), days, exchanges))).toBe(end);
});
