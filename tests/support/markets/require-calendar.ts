import { present } from '#shared/kernel/assert.ts';
import { calendarOf } from '#shared/quant/calendars/calendars.ts';
import type { ExchangeCalendar } from '#shared/quant/calendars/exchange-calendar.ts';

export function requireCalendar(exchange: string): ExchangeCalendar {
  return present(calendarOf(exchange), `${exchange} has a calendar`);
}
