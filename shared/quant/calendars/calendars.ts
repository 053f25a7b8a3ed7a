/** The calendars of the exchanges we trade from, by market identifier. */
import { ExchangeCalendar } from './exchange-calendar.ts';
import { calendarTables } from '#shared/quant/calendars/tables/all.ts';

/** Markets that keep the sessions of another, and common names. */
const SAME_AS: Readonly<Record<string, string>> = {
  ...{ XNAS: 'XNYS', XASE: 'XNYS', ARCX: 'XNYS', BATS: 'XNYS', OOTC: 'XNYS', XTSX: 'XTSE' },
  ...{ NYSE: 'XNYS', NASDAQ: 'XNYS', LSE: 'XLON', FWB: 'XFRA', TSX: 'XTSE', SIX: 'XSWX' },
  ...{ JPX: 'XTKS', HKEX: 'XHKG', ASX: 'XASX', OSE: 'XOSL', SSE: 'XSHG', BMF: 'BVMF' },
};

const tables = new Map(calendarTables.map((table) => [table.exchange, table]));
const made = new Map<string, ExchangeCalendar>();

/** Undefined for an exchange without a table: then nobody here knows its holidays. */
export function calendarOf(exchange: string): ExchangeCalendar | undefined {
  const name = SAME_AS[exchange] ?? exchange;
  const known = made.get(name);
  if (known) return known;
  const table = tables.get(name);
  if (!table) return undefined;
  const calendar = new ExchangeCalendar(table);
  made.set(name, calendar);
  return calendar;
}
