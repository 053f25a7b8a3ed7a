/** Settings of the trading cycle. */
import { between } from './number-parsers.ts';
import { row } from './setting-row.ts';

export const cycleRows = {
  boardWaitMs: row(
    'BOARD_WAIT_MS',
    '120000',
    'how long each attempt of a trading cycle waits at its beginning for services on another board that do not answer yet',
    between(0, 600_000),
  ),
};
