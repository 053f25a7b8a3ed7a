/** Settings of the trading cycle. */
import { between } from './number-parsers.ts';
import { row } from './setting-row.ts';

export const cycleRows = {
  planInputDays: row(
    'PLAN_INPUT_DAYS',
    '400',
    'days for which what a plan saw is kept, so that `trader replan` makes it again; 0: nothing is kept. It costs some 50 kB of Redis a security once, and 4 kB a security for each day with a plan: 40 MB a year for 40 securities',
    between(0, 36_500),
  ),
  boardWaitMs: row(
    'BOARD_WAIT_MS',
    '120000',
    'how long each attempt of a trading cycle waits at its beginning for services on another board that do not answer yet',
    between(0, 600_000),
  ),
};
