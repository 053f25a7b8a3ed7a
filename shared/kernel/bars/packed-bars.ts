/**
 * Daily bars as text of about thirteen characters a bar: days and prices as differences, in base64, behind a checksum.
 * What is read is what was written, to the bit.
 */
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  decimalsOf,
  passNumbers,
  readNumbers,
  wholeOf,
  writeFloats,
  writeWhole,
  type Guess,
  type Whole,
} from './packed-numbers.ts';

/** Columns of equal length, the oldest day first. */
export interface BarFigures {
  /** Days since 1970-01-01, rising. */
  readonly days: Int32Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly adjustedClose: Float64Array;
  /** Shares; NaN where the source has none. */
  readonly volume: Float64Array;
}

/** What returns are measured on. */
export type CloseFigures = Pick<BarFigures, 'days' | 'close' | 'adjustedClose'>;

type Prices = Omit<BarFigures, 'days'>;
type Name = keyof Prices;
/** Columns that were whole numbers, as far as they were written or read. */
type Known = Partial<Record<Name, Whole>>;

/** Of this form; no JSON begins with it. */
const PREFIX = 'bars1:';
const CHECKSUM_BYTES = 4;
const BEFORE: Guess = { kind: 'before' };
const PRICES = ['close', 'open', 'high', 'low'] as const;
const BESIDE_CLOSE = ['open', 'high', 'low', 'adjustedClose', 'volume'] as const;
/** Of the adjusted close in the byte that says which columns there are; lower bits are of columns before it. */
const ADJUSTED = 1 << BESIDE_CLOSE.indexOf('adjustedClose');

const writer = new ByteWriter();
/** The whole numbers of a column that is being read; those of close and open guess others. */
let scratch: readonly Float64Array[] = [];

export function isPackedBars(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** The bars from one index up to another. */
export function packBars(figures: BarFigures, from = 0, to = figures.days.length): string {
  return PREFIX + written(figures, from, to).toString('base64');
}

/** @returns undefined where the text is not what was written */
export function unpackBars(text: string): BarFigures | undefined {
  return unpackBytes(Buffer.from(text.slice(PREFIX.length), 'base64'));
}

/** The closes alone: the other columns are passed over. @returns undefined where the text is not what was written */
export function unpackCloses(text: string): CloseFigures | undefined {
  const reader = readerOf(Buffer.from(text.slice(PREFIX.length), 'base64'));
  if (!reader) return undefined;
  const days = readDays(reader);
  const mask = reader.byte();
  const column = (): Float64Array | undefined => {
    const values = new Float64Array(days.length);
    const form = readNumbers(reader, values, scratchOf(0, days.length), () => BEFORE);
    return form === undefined ? undefined : values;
  };
  const close = column();
  if (!close || (mask & ADJUSTED) === 0) return close && { days, close, adjustedClose: close };
  for (let bit = 1; bit < ADJUSTED; bit *= 2)
    if ((mask & bit) !== 0 && !passNumbers(reader, days.length)) return undefined;
  const adjustedClose = column();
  return adjustedClose && { days, close, adjustedClose };
}

/** The bars from one index up to another, without base64, for memory. */
export function packBytes(figures: BarFigures, from = 0, to = figures.days.length): Uint8Array {
  return Uint8Array.from(written(figures, from, to));
}

/** A view of what the writer holds; until it writes again. */
function written(figures: BarFigures, from: number, to: number): Buffer {
  writer.clear();
  writer.unsigned(to - from);
  let before = 0;
  for (let i = from; i < to; i += 1) {
    const day = figures.days[i] ?? 0;
    writer.signed(day - before);
    before = day;
  }
  writePrices(writer, cutOf(figures, from, to));
  const sum = checksumOf(writer.written);
  for (let shift = 0; shift < 8 * CHECKSUM_BYTES; shift += 8) writer.byte((sum >>> shift) & 0xff);
  const { buffer, byteOffset, length } = writer.written;
  return Buffer.from(buffer, byteOffset, length);
}

/** @returns undefined where the bytes are not what was written */
export function unpackBytes(bytes: Uint8Array): BarFigures | undefined {
  const reader = readerOf(bytes);
  if (!reader) return undefined;
  const days = readDays(reader);
  const prices = readPrices(reader, days.length);
  return prices && reader.isAtEnd ? { days, ...prices } : undefined;
}

/** @returns undefined where the checksum is not that of the bytes */
function readerOf(bytes: Uint8Array): ByteReader | undefined {
  const end = bytes.length - CHECKSUM_BYTES;
  const packed = bytes.subarray(0, Math.max(0, end));
  if (end < 0 || littleEndian(bytes.subarray(end)) !== checksumOf(packed)) return undefined;
  return new ByteReader(packed);
}

function readDays(reader: ByteReader): Int32Array {
  const days = new Int32Array(reader.unsigned());
  let before = 0;
  for (let i = 0; i < days.length; i += 1) days[i] = before += reader.signed();
  return days;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}

function cutOf(figures: BarFigures, from: number, to: number): Prices {
  const close = figures.close.subarray(from, to);
  // Equal columns stay the same array.
  const cut = (name: Name): Float64Array =>
    figures[name] === figures.close ? close : figures[name].subarray(from, to);
  return {
    ...{ open: cut('open'), high: cut('high'), low: cut('low'), close },
    ...{ adjustedClose: cut('adjustedClose'), volume: cut('volume') },
  };
}

/** A bit for each column that is there: prices that are not the close, volumes where there are some. */
function writePrices(into: ByteWriter, prices: Prices): void {
  const present = BESIDE_CLOSE.filter((name) => !isAbsent(name, prices[name], prices.close));
  into.byte(present.reduce((mask, name) => mask | (1 << BESIDE_CLOSE.indexOf(name)), 0));
  const decimals = commonDecimals(PRICES.map((name) => prices[name]));
  const known: Known = {};
  for (const name of ['close', ...present] as const) {
    const column = prices[name];
    const isPrice = PRICES.some((one) => one === name);
    const places = isPrice ? decimals : decimalsOf(column);
    if (places === undefined) writeFloats(into, column);
    else {
      const whole = (known[name] = wholeOf(column, places));
      writeWhole(into, whole, guessOf(name, known, places));
    }
  }
}

/** All prices are whole numbers of the same decimal, so that one tells of another; or all are floats. */
function commonDecimals(columns: readonly Float64Array[]): number | undefined {
  return columns.reduce<number | undefined>(
    (decimals, column) => (decimals === undefined ? undefined : decimalsOf(column, decimals)),
    0,
  );
}

function isAbsent(name: Name, column: Float64Array, close: Float64Array): boolean {
  if (name === 'volume') return column.every(Number.isNaN);
  return column === close || column.every((value, i) => Object.is(value, close[i]));
}

/** An open is near the close before, highs and lows near the farther of open and close. */
function guessOf(name: Name, known: Known, decimals: number): Guess {
  const { close, open = close } = known;
  if (!close || !open || close.decimals !== decimals) return BEFORE;
  if (name === 'open') return { kind: 'shifted', a: close.units };
  if (name === 'high') return { kind: 'higher', a: open.units, b: close.units };
  if (name === 'low') return { kind: 'lower', a: open.units, b: close.units };
  return BEFORE;
}

/** The columns are parts of one buffer: many small ones cost more than what they hold. */
function readPrices(reader: ByteReader, length: number): Prices | undefined {
  const mask = reader.byte();
  const present = BESIDE_CLOSE.filter((_, bit) => (mask & (1 << bit)) !== 0);
  const buffer = new ArrayBuffer(8 * length * (1 + present.length));
  const known: Known = {};
  const read: Partial<Record<Name, Float64Array>> = {};
  for (const [at, name] of (['close', ...present] as const).entries()) {
    const values = new Float64Array(buffer, 8 * length * at, length);
    const units = scratchOf(at < 2 ? at : 2, length);
    const form = readNumbers(reader, values, units, (decimals) => guessOf(name, known, decimals));
    if (form === undefined) return undefined;
    if (form !== 'floats') known[name] = { decimals: form, units };
    read[name] = values;
  }
  const { close = new Float64Array(0), volume = new Float64Array(length).fill(Number.NaN) } = read;
  const { open = close, high = close, low = close, adjustedClose = close } = read;
  return { open, high, low, close, adjustedClose, volume };
}

function scratchOf(at: number, length: number): Float64Array {
  if ((scratch[0]?.length ?? 0) < length)
    scratch = [1, 2, 3].map(() => new Float64Array(Math.max(length, 512)));
  return scratch[at] ?? new Float64Array(length);
}

/** FNV-1a (Fowler, Noll and Vo), 32 bits. */
function checksumOf(bytes: Uint8Array): number {
  let sum = 0x81_1c_9d_c5;
  for (let i = 0; i < bytes.length; i += 1) sum = Math.imul(sum ^ (bytes[i] ?? 0), 0x01_00_01_93);
  return sum >>> 0;
}
