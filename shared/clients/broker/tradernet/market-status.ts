/** The trading hours of Tradernet's markets, from its own table. Pure. */
import type { z } from 'zod';
import type { BrokerClock } from '../broker.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { DAY_MS, HOUR_MS, instantOf, type Instant } from '#shared/kernel/instant.ts';
import { tradernetBroken } from './parse-answer.ts';
import type { markets } from './shapes.ts';

const MOSCOW_MS = 3 * HOUR_MS;
/** Its main market of a currency. */
const marketOf: Readonly<Record<string, string>> = { USD: 'FIX', EUR: 'EU', HKD: 'HKEX' };

/**
 * The main market of the account's currency; where it is not listed, any that is open. The next
 * opening is not given: the table contains neither weekends nor holidays.
 */
export function clockOf({ t, m }: z.output<typeof markets>, currency: Currency): BrokerClock {
  const main = m.find(({ n2 }) => n2 === marketOf[currency]);
  const row = main ?? m.find(({ s }) => s === 'OPEN') ?? m[0];
  if (!row) throw tradernetBroken('no market');
  const open = row.s === 'OPEN';
  return { brokerTime: t, open, ...(open && { nextClose: next(row.c, t) }) };
}

/** The next occurrence of a time of day in Moscow. */
function next(clock: string, now: Instant): Instant {
  const [hours = Number.NaN, minutes = Number.NaN] = clock.split(':').map(Number);
  if (!Number.isInteger(hours) || !Number.isInteger(minutes))
    throw tradernetBroken(`the hour "${clock.slice(0, 10)}"`);
  const dayStart = Math.floor((now + MOSCOW_MS) / DAY_MS) * DAY_MS - MOSCOW_MS;
  const at = dayStart + hours * HOUR_MS + minutes * 60_000;
  return instantOf(at > now ? at : at + DAY_MS);
}
