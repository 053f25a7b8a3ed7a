/** Reads cells of a plain file from its bytes: days as YYYY-MM-DD, numbers of digits with a decimal point. */
import { dayOfEpoch, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';

const [NEWLINE, RETURN, DASH, POINT, ZERO] = [10, 13, 45, 46, 48];
const COMMA = 44;
const PIPE = 124;
/** So many digits are exact as a double, and divided by a power of ten give the double nearest to the text. */
const EXACT_DIGITS_MAX = 15;
const POWERS = Array.from({ length: EXACT_DIGITS_MAX + 1 }, (_, i) => 10 ** i);
const DAY_LENGTH = 10;

export class PlainScanner {
  /** Of the cell that is read next, as an editor counts. */
  line = 2;
  private readonly bytes: Uint8Array;
  private readonly delimiter: number;
  private readonly isTwo: boolean;
  private at: number;
  /** A point that cannot be one between thousands; one that can. */
  private hasPoint = false;
  private mayHaveThousands = false;
  /** Text and number of the day before, of which the year and month are mostly the same. */
  private month = Number.NaN;
  private monthBegin = 0;
  private monthLength = 0;

  /** @param isTwo whether lines end with a return and a newline */
  constructor(bytes: Uint8Array, begin: number, delimiter: number, isTwo: boolean) {
    this.bytes = bytes;
    this.at = begin;
    this.delimiter = delimiter;
    this.isTwo = isTwo;
  }

  /** Goes to the next line that has anything; false where there is none. */
  skipsBlank(): boolean {
    while (this.at < this.bytes.length && this.newline()) this.line += 1;
    return this.at < this.bytes.length;
  }

  /** Whether points can only be decimal ones; the general reader decides by the same rule. */
  get isUnambiguous(): boolean {
    const isFree = this.delimiter === COMMA || this.delimiter === PIPE;
    return this.hasPoint || !this.mayHaveThousands || isFree;
  }

  /** Goes on behind a cell; false where it does not end here. */
  ends(isLast: boolean): boolean {
    if (!isLast) {
      if (this.bytes[this.at] !== this.delimiter) return false;
      this.at += 1;
      return true;
    }
    if (this.at === this.bytes.length) return true;
    if (!this.newline()) return false;
    this.line += 1;
    return true;
  }

  /** Days since 1970-01-01; undefined where none is written so. */
  day(): number | undefined {
    const year = this.digits(0, 4);
    const month = this.digits(5, 2);
    const day = this.digits(8, 2);
    const isWritten = this.bytes[this.at + 4] === DASH && this.bytes[this.at + 7] === DASH;
    if (!isWritten || !(month >= 1 && month <= 12) || !(year >= 0)) return undefined;
    this.setMonth(year * 12 + month - 1);
    if (!(day >= 1 && day <= this.monthLength)) return undefined;
    this.at += DAY_LENGTH;
    return this.monthBegin + day - 1;
  }

  /** NaN where the cell is blank; undefined where it is no plain number. */
  figure(): number | undefined {
    const begin = this.at;
    let [units, point] = [0, -1];
    for (; ; this.at += 1) {
      const byte = this.bytes[this.at] ?? NEWLINE;
      if (byte >= ZERO && byte < ZERO + 10) units = units * 10 + byte - ZERO;
      else if (byte === POINT && point < 0 && this.at > begin) point = this.at;
      else break;
    }
    if (this.at === begin) return Number.NaN;
    const decimals = point < 0 ? 0 : this.at - point - 1;
    if (point >= 0 && decimals === 0) return undefined;
    if (point >= 0) this.notePoint(decimals);
    if (this.at - begin <= EXACT_DIGITS_MAX) return units / (POWERS[decimals] ?? 1);
    const figure = Number(Buffer.from(this.bytes.subarray(begin, this.at)).toString('latin1'));
    return Number.isFinite(figure) ? figure : undefined;
  }

  private notePoint(decimals: number): void {
    if (decimals === 3) this.mayHaveThousands = true;
    else this.hasPoint = true;
  }

  private setMonth(month: number): void {
    if (month === this.month) return;
    const first = (count: number): number => {
      const [year, of] = [Math.floor(count / 12), (count % 12) + 1];
      const text = `${String(year).padStart(4, '0')}-${String(of).padStart(2, '0')}-01`;
      return epochDay(text as CalendarDay);
    };
    this.month = month;
    this.monthBegin = first(month);
    this.monthLength = daysIn(month, this.monthBegin);
  }

  /** NaN where anything but digits stands there. */
  private digits(from: number, count: number): number {
    let value = 0;
    for (let i = this.at + from; i < this.at + from + count; i += 1) {
      const digit = (this.bytes[i] ?? 0) - ZERO;
      value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
    }
    return value;
  }

  /** Skips the end of a line, if there is one. */
  private newline(): boolean {
    const at = this.isTwo && this.bytes[this.at] === RETURN ? this.at + 1 : this.at;
    if (this.bytes[at] !== NEWLINE || (this.isTwo && at === this.at)) return false;
    this.at = at + 1;
    return true;
  }
}

/** @param first its first day */
function daysIn(month: number, first: number): number {
  const last = [27, 28, 29, 30].findLast(
    (more) => dayOfEpoch(first + more).slice(5, 7) === monthText(month),
  );
  return (last ?? 0) + 1;
}

function monthText(month: number): string {
  return String((month % 12) + 1).padStart(2, '0');
}
