/** The setting of a schedule. Whether the exchange has a calendar is checked where it is scheduled. */
import { bad } from './setting-row.ts';

export const TRADING_CYCLE_SCHEDULE = '0 7 * * 1-5';

const CRON = /^[\d*,/-]+( [\d*,/-]+){2} [\dA-Za-z*,/-]+ [\dA-Za-z*,/-]+$/;
const SESSION = /^@(open|close)\s+[A-Z0-9]{3,6}(\s*[+-]\s*\d{1,4}[mh])?$/;

/** Five fields of cron in UTC, or the session of an exchange. */
export function schedule(value: string): string {
  if (CRON.test(value) || SESSION.test(value)) return value;
  return bad('five fields of cron (UTC), `@open XETR +30m` or `@close XNYS -1h`');
}
