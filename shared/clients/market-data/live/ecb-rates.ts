/**
 * The euro's reference rates of the European Central Bank: units of a currency for one euro, on each
 * TARGET day. All of them come as one csv in a zip archive; those of the last 90 days as XML.
 */
import { inflateRawSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import sax from 'sax';
import { addDays, dayOf, parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import type { DailyRate } from '../market-data.ts';
import type { RecordedAnswer } from './recorded-answers.ts';
import type { ThrottledFetch } from './throttled-fetch.ts';

const SIGNIFICANT_DIGITS = 12;
/** The short file has a little more. */
const SHORT_DAYS = 85;

/** Units for one euro, by currency, by day. */
type Table = ReadonlyMap<CalendarDay, ReadonlyMap<string, number>>;

export class EcbRates {
  private readonly fetch: ThrottledFetch;
  private readonly baseUrl: string;
  private readonly nowMs: () => number;

  constructor(fetch: ThrottledFetch, baseUrl: string, nowMs: () => number) {
    this.fetch = fetch;
    this.baseUrl = baseUrl;
    this.nowMs = nowMs;
  }

  /** One unit of `from` in units of `to`, oldest first; the quotient of the same day's rates. */
  async rates(
    from: Currency,
    to: Currency,
    since: CalendarDay,
    signal: AbortSignal,
  ): Promise<readonly DailyRate[]> {
    const table = await this.table(since, signal);
    const rates: DailyRate[] = [];
    for (const [day, units] of table) {
      const [sold, bought] = [perEuro(units, from), perEuro(units, to)];
      if (day < since || sold === undefined || bought === undefined) continue;
      rates.push({ day, rate: Number((bought / sold).toPrecision(SIGNIFICANT_DIGITS)) });
    }
    return rates.sort((a, b) => (a.day < b.day ? -1 : 1));
  }

  private async table(since: CalendarDay, signal: AbortSignal): Promise<Table> {
    const recent = addDays(dayOf(instantOf(this.nowMs())), -SHORT_DAYS);
    const file =
      since >= recent && !this.fetch.isRecorded ? 'eurofxref-hist-90d.xml' : 'eurofxref-hist.zip';
    const url = `${this.baseUrl}/stats/eurofxref/${file}`;
    const read = ({ status, body }: RecordedAnswer): Table => {
      if (status !== 200) throw broken(`${status} for ${file}`);
      return file.endsWith('.xml') ? ratesInXml(body.toString()) : ratesInCsv(onlyFileIn(body));
    };
    return this.fetch.get({ name: `ecb/${file}`, url }, read, signal);
  }
}

function perEuro(units: ReadonlyMap<string, number>, currency: Currency): number | undefined {
  return currency === 'EUR' ? 1 : units.get(currency);
}

/** `Date,USD,JPY,…,`, newest first; `N/A` for none. */
function ratesInCsv(text: string): Table {
  const [header = [], ...rows] = parse(text, {
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    bom: true,
  }) as string[][];
  if (header[0] !== 'Date' || rows.length === 0) throw broken('a file without the column Date');
  return new Map(
    rows.map((cells) => {
      const units = cells.flatMap((cell, i): [string, number][] => {
        const rate = Number(cell);
        const name = header[i] ?? '';
        return i > 0 && name !== '' && cell !== '' && rate > 0 ? [[name, rate]] : [];
      });
      return [day(cells[0] ?? ''), new Map(units)];
    }),
  );
}

/** `<Cube time="…"><Cube currency="USD" rate="…"/>…</Cube>`. */
function ratesInXml(text: string): Table {
  const table = new Map<CalendarDay, Map<string, number>>();
  let units = new Map<string, number>();
  const reader = sax.parser(true);
  reader.onerror = () => {
    throw broken('XML that does not parse');
  };
  reader.onopentag = ({ name, attributes }) => {
    const { time, currency, rate } = attributes as Readonly<Record<string, string | undefined>>;
    if (!name.endsWith('Cube')) return;
    if (time !== undefined) table.set(day(time), (units = new Map()));
    if (currency !== undefined && Number(rate) > 0) units.set(currency, Number(rate));
  };
  reader.write(text).close();
  if (table.size === 0) throw broken('XML without rates');
  return table;
}

const CENTRAL_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const DEFLATED = 8;

/** The first file of a zip archive, found through its central directory. */
function onlyFileIn(archive: Buffer): string {
  const end = archive.lastIndexOf(signatureOf(END_OF_DIRECTORY));
  if (end < 0) throw broken('something else than a zip archive');
  const entry = archive.readUInt32LE(end + 16);
  if (archive.readUInt32LE(entry) !== CENTRAL_ENTRY) throw broken('an empty zip archive');
  const [method, size] = [archive.readUInt16LE(entry + 10), archive.readUInt32LE(entry + 20)];
  const header = archive.readUInt32LE(entry + 42);
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const content = archive.subarray(start, start + size);
  return (method === DEFLATED ? inflateRawSync(content) : content).toString('utf8');
}

function signatureOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function day(text: string): CalendarDay {
  try {
    return parseDay(text.trim());
  } catch {
    throw broken(`the day "${text.slice(0, 20)}"`);
  }
}

function broken(detail: string): Failure {
  return new Failure('UPSTREAM_BROKEN', `The ECB answered ${detail}.`, { what: 'ECB' });
}
