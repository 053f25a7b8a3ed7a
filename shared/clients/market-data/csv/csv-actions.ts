/**
 * `actions.csv`: corporate actions, a row each. `kind`, `date` and `symbol` or `isin` are needed; the
 * other columns are those that the kind takes. `ratio` (`4:1`, `1:10`) stands for the two columns of shares.
 */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import {
  actionKinds,
  corporateAction,
  type ActionKind,
  type CorporateAction,
} from '#shared/kernel/corporate-action.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import type { ListedSecurity } from '../market-data.ts';
import { columnOf, plainName, repeatedIn } from './format/column-names.ts';
import type { Complaints } from './format/complaints.ts';
import type { Reading } from './csv-prices.ts';
import type { CsvListing } from './csv-securities.ts';
import { reportLayout, figureReader, type CsvRow, type CsvTable } from './format/csv-table.ts';
import { dayFormatOf, parseFileDay, type DayOrder } from './format/day-format.ts';
import { inCurrency, parseQuoteUnit } from './format/quote-unit.ts';

const columns = {
  id: ['id', 'actionid'],
  kind: ['kind', 'type', 'action'],
  symbol: ['symbol', 'ticker'],
  isin: ['isin'],
  date: ['date', 'exdate', 'day'],
  payDate: ['paydate', 'paymentdate', 'payday'],
  ratio: ['ratio'],
  newShares: ['newshares'],
  oldShares: ['oldshares'],
  amount: ['amount', 'cash', 'amountpershare'],
  currency: ['currency'],
  taxRatio: ['taxratio'],
  newIsin: ['newisin'],
  newSymbol: ['newsymbol'],
  costRatio: ['costratio'],
  fractionPrice: ['fractionprice', 'cashinlieu'],
  note: ['note', 'comment'],
} as const;

type Column = keyof typeof columns;

const SOURCE = 'file';
const SHARE_DECIMALS = 9;
const ANNOUNCED_DAYS_MAX = 400;

export function readActions(
  table: CsvTable,
  listing: CsvListing,
  { complaints, today }: Reading,
): readonly CorporateAction[] {
  reportLayout(table, complaints);
  const known = new Set<string>(Object.values(columns).flat());
  const strange = table.header.filter((name) => name !== '' && !known.has(plainName(name)));
  const missing = (['kind', 'date'] as const).filter((name) => at(table, name) < 0);
  const complain = (message: string) => complaints.add(table.file, table.headerLine, message);
  for (const column of repeatedIn(table.header, [...known]))
    complain(`column ${column} comes twice`);
  if (strange.length > 0) complain(`has columns that nobody knows: ${strange.join(', ')}`);
  if (missing.length > 0) complain(`needs the columns kind, date and symbol or isin`);
  const order = dayOrderOf(table, complaints);
  if (missing.length > 0 || !order) return [];
  const reader = new RowReader(table, listing, order, { complaints, today });
  const actions = table.rows.flatMap((row) => {
    const read = complaints.try(table.file, row.line, () => reader.read(row));
    return read ? [{ action: read, line: row.line }] : [];
  });
  const seen = new Set<string>();
  for (const { action, line } of actions) {
    if (seen.has(action.actionId))
      complaints.add(table.file, line, `${action.actionId} comes twice; give each an id`);
    seen.add(action.actionId);
  }
  return actions.map(({ action }) => action);
}

class RowReader {
  private readonly table: CsvTable;
  private readonly order: DayOrder;
  private readonly today: CalendarDay;
  private readonly units: CsvListing['units'];
  private readonly byName: ReadonlyMap<string, ListedSecurity>;
  private readonly figure: (cell: string | undefined) => number | undefined;

  constructor(
    table: CsvTable,
    { securities, units }: CsvListing,
    order: DayOrder,
    { complaints, today }: Reading,
  ) {
    this.table = table;
    this.today = today;
    this.order = order;
    this.units = units;
    this.byName = new Map(
      securities.flatMap((one) => [
        [one.isin.toUpperCase(), one],
        [one.symbol.toUpperCase(), one],
      ]),
    );
    this.figure = figureReader(table, complaints);
  }

  read(row: CsvRow): CorporateAction {
    const cell = (column: Column): string => row.cells[at(this.table, column)]?.trim() ?? '';
    const security = this.securityOf(cell('isin') || cell('symbol'));
    if (cell('symbol') && this.securityOf(cell('symbol')) !== security)
      throw new Failure('INVALID_REQUEST', `symbol: ${cell('symbol')} is not ${security.isin}`);
    const payDay = cell('payDate') ? this.dayIn(cell('payDate')) : undefined;
    const stated = {
      kind: kindOf(cell('kind')),
      isin: security.isin,
      day: this.exDay(cell('date')),
      ...this.sharesOf(cell),
      source: SOURCE,
    };
    const amount = this.priceIn(cell('amount'), cell('currency'), security);
    const fractionPrice = this.priceIn(cell('fractionPrice'), cell('currency'), security);
    const [taxRatio, costRatio] = [this.ratioIn(cell('taxRatio')), this.ratioIn(cell('costRatio'))];
    return corporateAction({
      ...stated,
      ...(cell('id') && { actionId: cell('id') }),
      ...(payDay && { payDay }),
      ...(amount && { amount }),
      ...(fractionPrice && { fractionPrice }),
      ...(taxRatio && { taxRatio }),
      ...(costRatio && { costRatio }),
      ...(cell('newIsin') && { newIsin: newIsinOf(cell('newIsin')) }),
      ...(cell('newSymbol') && { newSymbol: cell('newSymbol') }),
    });
  }

  private securityOf(name: string): ListedSecurity {
    const found = this.byName.get(name.toUpperCase());
    if (found) return found;
    throw new Failure('INVALID_REQUEST', `symbol: "${name}" is not in securities.csv`);
  }

  /** Actions are announced, but not so long before. */
  private exDay(text: string): CalendarDay {
    const day = this.dayIn(text);
    if (daysBetween(this.today, day) > ANNOUNCED_DAYS_MAX)
      throw new Failure('INVALID_REQUEST', `date: ${day} is more than a year ahead`);
    return day;
  }

  private dayIn(text: string): CalendarDay {
    return parseFileDay(text, this.order);
  }

  private sharesOf(cell: (column: Column) => string): { newShares?: Decimal; oldShares?: Decimal } {
    const match = /^([\d.,]+)\s*(?::|for|\/)\s*([\d.,]+)$/i.exec(cell('ratio'));
    if (cell('ratio') && !match)
      throw new Failure('INVALID_REQUEST', `ratio: "${cell('ratio')}" is not like 4:1`);
    const newShares = this.sharesIn(match?.[1] ?? cell('newShares'));
    const oldShares = this.sharesIn(match?.[2] ?? cell('oldShares'));
    return { ...(newShares && { newShares }), ...(oldShares && { oldShares }) };
  }

  private sharesIn(text: string): Decimal | undefined {
    const shares = this.figure(text);
    return shares === undefined
      ? undefined
      : Decimal.fromEstimate(shares, SHARE_DECIMALS, 'half-even').normalize();
  }

  /** In the named currency or unit, else in the one that the security is quoted in (pence). */
  private priceIn(text: string, currency: string, security: ListedSecurity): Price | undefined {
    const amount = this.figure(text);
    if (amount === undefined) return undefined;
    if (amount < 0) throw new Failure('INVALID_REQUEST', 'amount: is never negative');
    const own = this.units.get(security.isin) ?? { currency: security.currency, perCurrency: 1 };
    const unit = currency === '' ? own : parseQuoteUnit(currency);
    const exact = Decimal.fromEstimate(inCurrency(amount, unit), PRICE_DECIMALS_MAX, 'half-even');
    return new Price(exact, unit.currency);
  }

  private ratioIn(text: string): Decimal | undefined {
    const isPercent = text.endsWith('%');
    const value = this.figure(isPercent ? text.slice(0, -1).trim() : text);
    if (value === undefined) return undefined;
    return Decimal.fromEstimate(
      isPercent ? value / 100 : value,
      SHARE_DECIMALS,
      'half-even',
    ).normalize();
  }
}

function kindOf(text: string): ActionKind {
  const kind = text.toLowerCase().replace(/[\s_]+/g, '-');
  const found = actionKinds.find((one) => one === kind);
  if (found) return found;
  throw new Failure('INVALID_REQUEST', `kind: "${text}" is none of ${actionKinds.join(', ')}`);
}

function newIsinOf(text: string): Isin {
  return parseIsin(text.toUpperCase());
}

function at({ header }: CsvTable, column: Column): number {
  return columnOf(header, ...columns[column]);
}

function dayOrderOf(table: CsvTable, complaints: Complaints): DayOrder | undefined {
  const [date, payDate] = [at(table, 'date'), at(table, 'payDate')];
  const format = dayFormatOf(
    table.rows.flatMap(({ cells, line }) =>
      [date, payDate].map((column) => ({ text: cells[column] ?? '', line })),
    ),
  );
  if (typeof format === 'string') return format;
  complaints.add(table.file, format.line, format.message);
  return undefined;
}
