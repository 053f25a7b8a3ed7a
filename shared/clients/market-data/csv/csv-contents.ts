/** The contents of a folder's files, and their errors. */
import { packBytes } from '#shared/kernel/bars/packed-bars.ts';
import { dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { CorporateAction } from '#shared/kernel/corporate-action.ts';
import type { ListedFundamentals, ListedSecurity } from '../market-data.ts';
import { BarColumns, type CsvSeries } from './bar-columns.ts';
import { BarsRoom } from './bars-room.ts';
import { readActions } from './csv-actions.ts';
import { seriesActions } from './series-actions.ts';
import { wideColumns } from './format/column-names.ts';
import { Complaints } from './format/complaints.ts';
import {
  isNote,
  priceFiles,
  priceTable,
  readFiles,
  symbolsIn,
  type CsvFiles,
  type PriceFile,
} from './csv-folder.ts';
import { readFundamentals } from './csv-fundamentals.ts';
import { barTables, columnsText, type BarTable } from './csv-layout.ts';
import { readBars, readWide, type FileBar, type Reading } from './csv-prices.ts';
import { readRates, type CsvRates } from './csv-rates.ts';
import { readSecurities, type CsvListing } from './csv-securities.ts';
import { reportLayout, type CsvTable } from './format/csv-table.ts';
import { plainFile, readPlainBars } from './plain-bars.ts';
import type { PriceFolder } from './price-folder.ts';
import type { QuoteUnit } from './format/quote-unit.ts';
import { SymbolMatch } from './symbol-match.ts';

/** A file of which nothing is used, and why. */
export interface UnusedFile {
  readonly file: string;
  readonly reason: string;
}

export interface CsvContents {
  readonly files: CsvFiles;
  /** Tables of prices; without their rows where there is a securities.csv. */
  readonly prices: readonly CsvTable[];
  readonly listing: CsvListing;
  readonly series: ReadonlyMap<Isin, CsvSeries>;
  readonly rates: CsvRates | undefined;
  readonly fundamentals: ReadonlyMap<Isin, ListedFundamentals>;
  /** Of `actions.csv`, and of columns of splits and dividends. */
  readonly actions: readonly CorporateAction[];
  readonly unused: readonly UnusedFile[];
  readonly complaints: Complaints;
  /** The last day that has a bar; undefined where no symbol has one. */
  readonly lastDay: CalendarDay | undefined;
}

const EMPTY: CsvListing = { securities: [], benchmark: undefined, units: new Map() };

/**
 * Everything that is wrong is a complaint.
 *
 * @param options.guessListing takes every symbol that a file seems to be about for listed, where
 *   there is no securities.csv; its ISIN is then the symbol
 * @param options.room for bars; those beyond it are read again
 */
export async function readContents(
  folder: PriceFolder,
  now: Instant,
  { guessListing = false, room = new BarsRoom() } = {},
): Promise<CsvContents> {
  const files = await readFiles(folder);
  const complaints = new Complaints();
  const reading = { today: dayOf(now), complaints };
  // Without a listing it is guessed from all tables; else each is read and let go of.
  const whole = files.securities ? undefined : await allOf(priceFiles(folder));
  const without = guessListing && whole ? guessedListing(whole) : EMPTY;
  const listing = files.securities ? readSecurities(files.securities, complaints) : without;
  const reader = new PriceReader(listing, reading, { folder, room });
  const headings: CsvTable[] = [];
  for (const table of whole ?? []) reader.read(table);
  if (!whole) for await (const file of priceFiles(folder)) headings.push(reader.readFile(file));
  const { series, unused } = reader;
  const ecbRates = files.ecbRates && readRates(files.ecbRates, reading);
  const rates = files.rates ? readRates(files.rates, reading).with(ecbRates) : ecbRates;
  const lastDay = lastDayOf(series);
  const fundamentals =
    files.fundamentals && lastDay !== undefined
      ? readFundamentals(files.fundamentals, listing.securities, lastDay, reading)
      : new Map<Isin, ListedFundamentals>();
  const declared = files.actions ? readActions(files.actions, listing, reading) : [];
  const inColumns = seriesActions(listing.securities, series);
  // actions.csv takes precedence over columns.
  const actions = [
    ...new Map([...inColumns, ...declared].map((one) => [one.actionId, one])).values(),
  ];
  const prices = whole ?? headings;
  const found = { files, prices, listing, series, rates, fundamentals, actions };
  return { ...found, unused, complaints, lastDay };
}

async function allOf(files: AsyncIterable<PriceFile>): Promise<readonly CsvTable[]> {
  const all: CsvTable[] = [];
  for await (const file of files) all.push(priceTable(file));
  return all;
}

function guessedListing(tables: readonly CsvTable[]): CsvListing {
  const securities = symbolsIn(tables).map((symbol): ListedSecurity => ({
    ...{ isin: symbol as Isin, symbol, name: symbol, exchange: '' },
    ...{ currency: parseCurrency('EUR'), securityType: 'EQUITY', lot: '1' },
  }));
  return { securities, benchmark: undefined, units: new Map() };
}

interface BarsPlace {
  readonly folder: PriceFolder;
  readonly room: BarsRoom;
}

class PriceReader {
  private readonly listing: CsvListing;
  private readonly reading: Reading;
  private readonly match: SymbolMatch;
  private readonly place: BarsPlace;
  readonly series = new Map<Isin, CsvSeries>();
  readonly unused: UnusedFile[] = [];

  constructor(listing: CsvListing, reading: Reading, place: BarsPlace) {
    this.listing = listing;
    this.reading = reading;
    this.place = place;
    this.match = new SymbolMatch(listing.securities);
  }

  /** @returns the file's table without its rows */
  readFile(file: PriceFile): CsvTable {
    const header = this.readPlain(file);
    if (header)
      return { file: file.name, header, headerLine: 1, rows: [], numbers: '.', faults: [] };
    const table = priceTable(file);
    this.read(table);
    return { ...table, rows: [] };
  }

  /** @returns the header of a file that is named after a symbol and in the plain form */
  private readPlain({ name, bytes }: PriceFile): readonly string[] | undefined {
    const security = this.match.ofFile(name);
    if (!security) return undefined;
    const unit = this.unitOf(security);
    const plain = readPlainBars(bytes, unit, this.reading.today);
    if (!plain) return undefined;
    const { figures, lines } = plain;
    const { room, folder } = this.place;
    const packed = room.keep(packBytes(figures), plainFile(name, unit, figures, folder));
    this.keep(new BarColumns(name, figures, lines, packed), 1, security);
    return plain.header;
  }

  /** The name of a file and its layout decide what it is, before its columns do. */
  read(table: CsvTable): void {
    const named = this.match.ofFile(table.file);
    const bars = barTables(table);
    const isNamed = named !== undefined || bars?.some(({ symbol }) => symbol !== undefined);
    if (bars && (isNamed || !this.isWide(table))) return this.readBarTables(table, bars, named);
    if (this.isWide(table)) return this.readWide(table);
    const columns = columnsText(table.header);
    if (!named && isNote(table)) return;
    if (!named) return void this.unused.push({ file: table.file, reason: unreadReason(table) });
    reportLayout(table, this.reading.complaints);
    if (table.header.length === 0 && table.faults.length > 0) return;
    this.reading.complaints.add(
      table.file,
      table.headerLine,
      `is named after ${named.symbol}, but no prices can be read: ${columns}`,
    );
  }

  private readBarTables(
    table: CsvTable,
    bars: readonly BarTable[],
    named: ListedSecurity | undefined,
  ): void {
    const [only, ...others] = bars;
    const about = bars.flatMap((part) => {
      const own = part.symbol === undefined ? undefined : this.match.ofFile(part.symbol);
      const security = others.length === 0 ? (own ?? named) : own;
      return security ? [{ security, part }] : [];
    });
    if (only?.symbol !== undefined && others.length === 0 && named) {
      const [own] = about;
      if (own && own.security !== named) this.reportName(table, named, only.symbol);
    }
    if (about.length === 0) {
      const reason = 'is named after no symbol of securities.csv and names none';
      return void this.unused.push({ file: table.file, reason });
    }
    reportLayout(table, this.reading.complaints);
    for (const { security, part } of about) {
      const read = readBars(part, this.unitOf(security), this.reading);
      this.put(table, security, read);
      if (read.length === 0)
        this.unused.push({
          file: table.file,
          reason: `has no row with a price of ${security.symbol}`,
        });
    }
  }

  private reportName(table: CsvTable, named: ListedSecurity, inside: string): void {
    this.reading.complaints.add(
      table.file,
      table.headerLine,
      `is named after ${named.symbol}, but its prices are of ${inside}`,
    );
  }

  private isWide({ header }: CsvTable): boolean {
    return wideColumns(header).some((column) => this.match.find(column) !== undefined);
  }

  private readWide(table: CsvTable): void {
    reportLayout(table, this.reading.complaints);
    const found = readWide(table, this.match, (one) => this.unitOf(one), this.reading);
    for (const [security, bars] of found) this.put(table, security, bars);
  }

  private put(
    { file, headerLine }: CsvTable,
    { isin, symbol }: ListedSecurity,
    bars: readonly FileBar[],
  ) {
    if (bars.length === 0) return;
    this.keep(BarColumns.of(file, bars), headerLine, { isin, symbol });
  }

  private keep(
    series: BarColumns,
    headerLine: number,
    { isin, symbol }: Pick<ListedSecurity, 'isin' | 'symbol'>,
  ) {
    const other = this.series.get(isin);
    if (other)
      this.reading.complaints.add(
        series.file,
        headerLine,
        `has prices of ${symbol}, as ${other.file} has`,
      );
    this.series.set(isin, series);
  }

  private unitOf({ isin, currency }: ListedSecurity): QuoteUnit {
    return this.listing.units.get(isin) ?? { currency, perCurrency: 1 };
  }
}

function unreadReason({ header, faults: [fault] }: CsvTable): string {
  return header.length === 0 && fault
    ? fault.message
    : `is no table of prices: ${columnsText(header)}`;
}

function lastDayOf(series: ReadonlyMap<Isin, CsvSeries>): CalendarDay | undefined {
  const days = [...series.values()].flatMap(({ lastDay }) => lastDay ?? []);
  return days.sort().at(-1);
}
