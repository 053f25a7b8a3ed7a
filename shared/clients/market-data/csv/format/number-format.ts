/**
 * The number format of a file. All numbers of a file are in one locale, which is decided from the
 * whole file: `1.234,5`, `0,915` and `50,25` can only have a decimal comma, `1,234.5`, `0.915` and
 * `50.25` only a decimal point. Where nothing but `13,279` is there, a semicolon or tab between the
 * cells means a decimal comma; between commas nothing decides, and the file is refused. Where nothing
 * but `13.279` is there, a comma between the cells means a decimal point, and a file with semicolons
 * or tabs, where thousands may be meant, is refused.
 */
import { Failure } from '#shared/kernel/failure.ts';

export type DecimalSign = '.' | ',';

/** The sign, or why there is none: `line` holds the cell that cannot be read. */
export type NumberFormat = DecimalSign | { readonly line: number; readonly message: string };

type Evidence = 'point' | 'comma' | 'either-comma' | 'either-point';

interface Cell {
  readonly text: string;
  readonly line: number;
}

const SUFFIX = /\s?(?:[kmbt]|mio\.?|mrd\.?|bn|mln|tsd\.?)$/i;
const SUFFIX_FACTORS: Readonly<Record<string, number>> = {
  ...{ k: 1e3, tsd: 1e3, m: 1e6, mio: 1e6, mln: 1e6 },
  ...{ b: 1e9, bn: 1e9, mrd: 1e9, t: 1e12 },
};
/** In several languages, and as FRED and spreadsheets write it. */
const MISSING = /^(?:|null|nan|#?n\/a|#?n\/?[dv]|n\.[adv]\.|k\.a\.|na|none|\.+|[-\u2013\u2014]+)$/i;

/** Thousands by three, or in the Indian way: 12,34,567. Group and decimal sign are filled in. */
const shapeOf = (group: string, decimal: string): RegExp =>
  new RegExp(
    `^(?:\\d+|\\d{1,3}(?:${group}\\d{3})+|\\d{1,2}(?:${group}\\d{2})*${group}\\d{3})?` +
      `(?:${decimal}\\d*)?(?:[eE][-+]?\\d+)?$`,
  );
const SHAPES: Readonly<Record<DecimalSign, RegExp>> = {
  '.': shapeOf(',', '\\.'),
  ',': shapeOf('\\.', ','),
};

/** What most cells are; read without looking for anything else. */
const PLAIN = /^\d+(?:\.\d+)?$/;
/** Three digits behind the point may be thousands. */
const PLAIN_POINT = /^\d+\.(?!\d{3}$)\d+$/;

export function numberFormatOf(cells: Iterable<Cell>, delimiter: string): NumberFormat {
  const first: Partial<Record<Evidence, Cell>> = {};
  for (const cell of cells) {
    const evidence = evidenceOf(cell.text);
    if (evidence) first[evidence] ??= cell;
    if (first.point && first.comma) return conflict(first.point, first.comma);
  }
  if (first.point) return '.';
  if (first.comma) return ',';
  return likelier(first, delimiter === ';' || delimiter === '\t');
}

function likelier(first: Partial<Record<Evidence, Cell>>, isEuropean: boolean): NumberFormat {
  const { 'either-comma': comma, 'either-point': point } = first;
  if (comma && point) return conflict(point, comma);
  const unclear = isEuropean ? point : comma;
  if (unclear) return ambiguous(unclear, isEuropean);
  return comma ? ',' : '.';
}

function ambiguous({ text, line }: Cell, isEuropean: boolean): NumberFormat {
  const [sign, other] = isEuropean ? ['point', 'comma'] : ['comma', 'point'];
  return {
    line,
    message:
      `"${text}" may have a decimal ${sign} or a thousands separator, and no other ` +
      `number of the file shows which; write the numbers with a decimal ${other} and no separator`,
  };
}

function conflict(point: Cell, comma: Cell): NumberFormat {
  const [before, after] = point.line <= comma.line ? [point, comma] : [comma, point];
  const sign = after === comma ? 'comma' : 'point';
  return {
    line: after.line,
    message:
      `"${after.text}" has a decimal ${sign}, unlike "${before.text}" in line ${before.line}; ` +
      'a file writes all its numbers in one way',
  };
}

function evidenceOf(text: string): Evidence | undefined {
  if (!text.includes(',') && !text.includes('.')) return undefined;
  if (PLAIN_POINT.test(text)) return 'point';
  const bare = bareNumber(text);
  const [asPoint, asComma] = [SHAPES['.'].test(bare), SHAPES[','].test(bare)];
  if (asPoint && asComma) return bothWays(bare);
  return asPoint ? 'point' : asComma ? 'comma' : undefined;
}

/** One sign and three digits behind it: thousands, unless nothing or a 0 stands before it. */
function bothWays(bare: string): Evidence | undefined {
  const sign = bare.includes(',') ? 'comma' : 'point';
  if (/^0*[.,]/.test(bare) || /^0\d/.test(bare)) return sign;
  return `either-${sign}`;
}

/** Without sign, currency sign, spaces, apostrophes and a letter for thousands or millions. */
function bareNumber(text: string): string {
  return text
    .replace(SUFFIX, '')
    .replace(/^([-+\u2212]?)\s?[$\u20ac£¥\u20b9]?\s?([-+\u2212]?)/, '')
    .replace(/\s?[$\u20ac£¥\u20b9]$/, '')
    .replace(/(?<=\d)[\s\u00a0\u202f'\u2019](?=\d{3})/g, '');
}

function finite(figure: number, cell: string, decimal: DecimalSign): number {
  if (!Number.isFinite(figure)) throw notANumber(cell, decimal);
  return figure;
}

/**
 * A figure: `1,234.50`, `$7.02M`, `1'234`, `3e-4`; undefined where the cell is blank, `null`, `NaN`,
 * `N/A` or a dash.
 * @throws Failure INVALID_REQUEST
 */
export function parseFigure(cell: string | undefined, decimal: DecimalSign): number | undefined {
  if (cell === undefined) return undefined;
  if (decimal === '.' && PLAIN.test(cell)) return finite(Number(cell), cell, decimal);
  if (MISSING.test(cell)) return undefined;
  const bare = bareNumber(cell);
  if (!/\d/.test(bare) || !SHAPES[decimal].test(bare)) throw notANumber(cell, decimal);
  const plain = decimal === '.' ? bare.replaceAll(',', '') : bare.replaceAll('.', '');
  const figure = finite(Number(plain.replace(',', '.')) * factorOf(cell), cell, decimal);
  return /^[$\u20ac£¥\u20b9]?\s?[-\u2212]/.test(cell) ? -figure : figure;
}

/** Multiplied without the last digit's noise: 7.02M is 7020000. */
function factorOf(cell: string): number {
  const suffix = SUFFIX.exec(cell)?.[0].trim().toLowerCase().replace('.', '');
  return suffix === undefined ? 1 : (SUFFIX_FACTORS[suffix] ?? 1);
}

function notANumber(cell: string, decimal: DecimalSign): Failure {
  const sign = decimal === '.' ? 'point' : 'comma';
  const hint = /[.,]/.test(cell) ? ` with a decimal ${sign}, as the file's others` : '';
  return new Failure('INVALID_REQUEST', `"${cell.slice(0, 20)}" is not a number${hint}`);
}
