/** Gains as lines for a person, and as a CSV for the tax adviser (docs/domain/taxes.md). */
import type { Money } from '#protos/gen/common/common.ts';
import type { GetGainsResponse } from '#protos/gen/portfolio.ts';

const COLUMNS = [
  ...['type', 'tax_year', 'day', 'isin', 'symbol', 'lot_id', 'acquired_on', 'days_held'],
  ...['quantity', 'proceeds', 'cost', 'amount', 'currency', 'cost_known', 'disallowed_loss'],
  ...['tax_ratio', 'lot_method', 'line_id'],
] as const;
type Cells = Partial<Record<(typeof COLUMNS)[number], string | number | boolean>>;

/** A line for each realised lot (`gain`) and each payment (`dividend`, `interest`, `tax`, `fee`). */
export function gainsCsv({ lots, income }: GetGainsResponse): string {
  const rows = [
    ...lots.map((lot): Cells => ({
      ...{ type: 'gain', tax_year: lot.taxYear, day: lot.soldOn, isin: lot.isin },
      ...{ symbol: lot.symbol, lot_id: lot.lotId, acquired_on: lot.acquiredOn },
      ...{ days_held: lot.daysHeld, quantity: lot.quantity, line_id: lot.saleId },
      ...{ proceeds: lot.proceeds?.amount ?? '', cost: lot.cost?.amount ?? '' },
      ...{ amount: lot.gain?.amount ?? '', currency: lot.gain?.currency ?? '' },
      ...{ cost_known: lot.costKnown, disallowed_loss: lot.disallowedLoss?.amount ?? '' },
      ...{ tax_ratio: lot.gainRatio, lot_method: lot.lotMethod },
    })),
    ...income.map((one): Cells => ({
      ...{ type: one.kind, tax_year: one.taxYear, day: one.day, isin: one.isin },
      ...{ symbol: one.symbol, line_id: one.lineId },
      ...{ amount: one.cash?.amount ?? '', currency: one.cash?.currency ?? '' },
    })),
  ];
  const lines = rows.map((row) => COLUMNS.map((column) => cell(row[column] ?? '')).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}

/** RFC 4180; a text that a spreadsheet would run as a formula is kept a text. */
function cell(value: string | number | boolean): string {
  const given = String(value);
  const text = /^[=+@\t]/.test(given) || /^-[^\d.]/.test(given) ? `'${given}` : given;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function gainsText({ years, lots, warnings }: GetGainsResponse): readonly string[] {
  const unknown = lots.filter(({ costKnown }) => !costKnown).length;
  return [
    ...(years.length === 0 ? ['Nothing was realised and nothing was paid.'] : []),
    ...years.flatMap((year) => [
      `${year.taxYear}: gains ${amount(year.gains)}, losses ${amount(year.losses)}` +
        ` (${amount(year.disallowedLosses)} more do not count)`,
      `  dividends ${amount(year.dividends)}, interest ${amount(year.interest)},` +
        ` withheld ${amount(year.withheld)}, fees ${amount(year.fees)}`,
      `  losses carried in ${amount(year.lossesCarriedIn)}, out ${amount(year.lossesCarriedOut)},` +
        ` allowance used ${amount(year.allowanceUsed)}, estimated tax ${amount(year.estimatedTax)}`,
    ]),
    ...(unknown > 0 ? [`The cost of ${unknown} lots is not known and counts as 0.`] : []),
    ...warnings,
  ];
}

function amount(money: Money | undefined): string {
  return money ? `${money.currency} ${money.amount}` : '';
}
