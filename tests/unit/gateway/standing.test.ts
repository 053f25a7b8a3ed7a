import { standingOf, type StandingInputs } from '#shared/gateway/model/standing.ts';

const well: StandingInputs = {
  trading: { state: 'ACTIVE', reasons: [] },
  unknownOrders: [],
  missing: '',
  services: [{ name: 'trading', healthy: true, status: 'ready', board: '', remote: false }],
  priceAgeDays: 1,
  priceAgeDaysMax: 5,
  pricesDay: '2026-11-27',
  calendarEnds: [],
  jobs: [{ name: 'backup', status: 'idle', lastError: '' }],
  waitingOrders: 0,
  isRunning: false,
};

const ill = (name: string, board: string) => ({
  name,
  healthy: false,
  status: 'not ready',
  board,
  remote: board !== '',
});

describe('the state in one sentence', () => {
  it.each<[string, Partial<StandingInputs>, string]>([
    ['healthy', {}, 'All is well. Nothing to do.'],
    ['working', { isRunning: true }, 'A trading cycle runs now.'],
    [
      'halted',
      { trading: { state: 'HALTED', reasons: ['away'] } },
      'Trading is stopped; nothing is sent. Why: away.',
    ],
    ['reducing', { trading: { state: 'REDUCING', reasons: [] } }, 'Only sales are sent.'],
    [
      'outcome-unknown',
      { unknownOrders: ['T-1', 'T-2'] },
      'It is not known whether 2 orders went through. The broker is asked; nothing is sent twice.',
    ],
    [
      'prices-missing',
      { missing: 'no price for X.' },
      'The account cannot be valued: no price for X.',
    ],
    [
      'board-away',
      { services: [ill('planning', 'compute'), ill('scoring', 'compute')] },
      'The board compute does not answer (planning, scoring).',
    ],
    ['board-away', { services: [ill('planning', '')] }, 'planning: not ready.'],
    ['board-away', { trading: undefined }, 'The trading state cannot be asked for.'],
    [
      'prices-old',
      { priceAgeDays: 6 },
      'Prices are from 2026-11-27; nothing is traded on prices older than 5 days.',
    ],
    ['waiting', { waitingOrders: 1 }, 'A plan with one order waits for your answer.'],
    [
      'job-failed',
      { jobs: [{ name: 'backup', status: 'failed', lastError: 'disk full' }] },
      'The job backup failed: disk full.',
    ],
    [
      'calendar-ends',
      {
        calendarEnds: [{ exchange: 'XSES', knownTo: '2026-12-31', to: '2031-12-31', daysLeft: 32 }],
      },
      'The published trading days of XSES end on 2026-12-31, in 32 days; holidays after it are estimates (to 2031-12-31). Install a version with newer calendars.',
    ],
    [
      'calendar-ends',
      {
        calendarEnds: [{ exchange: 'XNYS', knownTo: '2031-12-31', to: '2031-12-31', daysLeft: -1 }],
      },
      'The published trading days of XNYS ended on 2031-12-31; nothing is scheduled or sent there after it. Install a version with newer calendars.',
    ],
  ])('is %s: %j', (code, change, message) => {
    expect(standingOf({ ...well, ...change })).toEqual({ code, message, complaints: [] });
  });

  it('names the most urgent first, and all others as complaints', () => {
    const standing = standingOf({
      ...well,
      waitingOrders: 3,
      priceAgeDays: 9,
      trading: { state: 'HALTED', reasons: [] },
    });
    expect(standing.code).toBe('halted');
    expect(standing.complaints).toEqual([
      expect.stringContaining('Prices are from'),
      'A plan with 3 orders waits for your answer.',
    ]);
  });
});
