/** The ledger as csv (RFC 4180): a row a posting. */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { isoText } from '#shared/kernel/instant.ts';
import type { PostedLine } from '../booking.ts';

const HEADER =
  'sequence,line,day,happened_at,recorded_at,kind,source,account,isin,symbol,lot,quantity,amount,currency';

export function csvText(posted: readonly PostedLine[]): string {
  const rows = posted.flatMap(({ line, postings }, index) =>
    postings.map(({ account, amount, isin, lotId, quantity }) => [
      String(index + 1),
      line.id,
      dayOf(line.happenedAt),
      isoText(line.happenedAt),
      isoText(line.recordedAt),
      line.kind,
      line.source ?? '',
      account,
      isin ?? line.isin ?? '',
      line.symbol ?? '',
      lotId ?? '',
      quantity?.toString() ?? '',
      amount.amount.toString(),
      amount.currency,
    ]),
  );
  return [HEADER, ...rows.map((row) => row.map(cell).join(',')), ''].join('\r\n');
}

/** A text that a spreadsheet would run as a formula is kept a text. */
function cell(text: string): string {
  const safe = /^[=+@\t]/.test(text) || /^-[^\d.]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
