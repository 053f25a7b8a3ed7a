/**
 * What a file itself says its prices are in: a column of currencies, a unit behind the name of a column, or a
 * currency sign at a price. It has to be what securities.csv says; only a minor unit may be said by the file alone.
 */
import { Failure } from '#shared/kernel/failure.ts';
import { barColumnOf, statedUnitOf, unitColumnOf } from './format/column-names.ts';
import type { Complaints } from './format/complaints.ts';
import type { CsvTable } from './format/csv-table.ts';
import { parseQuoteUnit, type QuoteUnit } from './format/quote-unit.ts';

/** Whose currencies a sign may mean: a dollar is one of many countries. */
const CURRENCIES_BY_SIGN: readonly (readonly [sign: string, currencies: string])[] = [
  ['€', 'EUR'],
  ['£', 'GBP EGP FKP GIP SHP SSP SYP LBP'],
  ['₹', 'INR'],
  ['¥', 'JPY CNY'],
  ['$', 'USD CAD AUD NZD HKD SGD TWD MXN ARS CLP COP BRL BMD BSD JMD TTD'],
];

export type UnitOfRow = (cells: readonly string[]) => QuoteUnit;

/**
 * @param listed as securities.csv has it; what contradicts it is a complaint
 * @returns the unit of a row, which throws Failure INVALID_REQUEST where the row says another
 */
export function unitOfRows(table: CsvTable, listed: QuoteUnit, complaints: Complaints): UnitOfRow {
  const { header, file, headerLine } = table;
  const close = header[barColumnOf(header, 'close')] ?? '';
  const inHeader = statedUnitOf(close).unit;
  const unit =
    (inHeader &&
      complaints.try(file, headerLine, () => agreed(inHeader, listed, `the column ${close}`))) ??
    listed;
  reportSigns(table, unit, complaints);
  const at = unitColumnOf(header);
  return (cells) => {
    const text = at < 0 ? '' : (cells[at] ?? '');
    return text === '' ? unit : agreed(parseQuoteUnit(text), unit, 'the row');
  };
}

function agreed(stated: QuoteUnit, listed: QuoteUnit, who: string): QuoteUnit {
  const isClear = stated.perCurrency > 1 || listed.perCurrency === 1;
  if (stated.currency === listed.currency && isClear) return stated;
  throw new Failure(
    'INVALID_REQUEST',
    `${who} is in ${textOf(stated)}, and securities.csv says ${textOf(listed)}`,
  );
}

function textOf({ currency, perCurrency }: QuoteUnit): string {
  return perCurrency === 1 ? currency : `1/${perCurrency} ${currency}`;
}

/** The first price with a sign of another currency; pounds where pence are meant, too. */
function reportSigns(
  { header, rows, file }: CsvTable,
  unit: QuoteUnit,
  complaints: Complaints,
): void {
  const at = barColumnOf(header, 'close');
  for (const { cells, line } of rows) {
    const cell = cells[at] ?? '';
    const [sign, currencies] = CURRENCIES_BY_SIGN.find(([one]) => cell.includes(one)) ?? [];
    if (sign === undefined) continue;
    if (unit.perCurrency > 1 || !currencies?.split(' ').includes(unit.currency))
      complaints.add(
        file,
        line,
        `"${cell.slice(0, 20)}" is not in ${textOf(unit)}, as securities.csv says`,
      );
    return;
  }
}
