/** Bars of a file, packed: some ten bytes a bar, where columns take 56 and objects 200; or to be read from it again. */
import { present } from '#shared/kernel/assert.ts';
import { packBytes, unpackBytes, type BarFigures } from '#shared/kernel/bars/packed-bars.ts';
import { dayOfEpoch, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { DailyBar } from '../market-data.ts';
import { keptBars, type PackedBars } from './bars-room.ts';
import type { FileBar } from './csv-prices.ts';

/** Two bars that follow each other after many days. */
export interface Gap {
  readonly line: number;
  readonly days: number;
  readonly before: CalendarDay;
  readonly day: CalendarDay;
}

export interface CsvSeries {
  readonly file: string;
  /** Oldest first; made when they are asked for, as all of the following. */
  readonly bars: readonly FileBar[];
  /** The same without what only files have. */
  readonly dailyBars: readonly DailyBar[];
  /** Those of them from a day on. */
  dailyBarsFrom(day: CalendarDay): readonly DailyBar[];
  /** The same in columns. */
  readonly figures: BarFigures;
  /** Those with a dividend or a split. */
  readonly withEvents: readonly FileBar[];
  readonly firstDay: CalendarDay | undefined;
  readonly lastDay: CalendarDay | undefined;
  gapsOver(days: number): readonly Gap[];
}

/** Bars at the end that are packed by themselves, too: a day later nobody asks for others. */
const LATEST_BARS = 16;

/** What few bars have, by the place of the bar. */
type Events = ReadonlyMap<number, Pick<FileBar, 'dividend' | 'split'>>;

export class BarColumns implements CsvSeries {
  readonly file: string;
  readonly firstDay: CalendarDay | undefined;
  readonly lastDay: CalendarDay | undefined;
  private readonly packed: PackedBars;
  /** The last ones, and the day that they begin with. */
  private readonly latest: { readonly packed: Uint8Array; readonly since: number };
  private readonly lines: Lines;
  private readonly events: Events;
  private readonly longestGapDays: number;

  /**
   * @param figures oldest first
   * @param lines of each bar
   * @param packed the figures
   */
  constructor(
    file: string,
    figures: BarFigures,
    lines: Int32Array,
    packed = keptBars(packBytes(figures)),
    events: Events = new Map(),
  ) {
    const { days } = figures;
    const [first, last] = [days[0], days.at(-1)];
    this.file = file;
    this.firstDay = first === undefined ? undefined : dayOfEpoch(first);
    this.lastDay = last === undefined ? undefined : dayOfEpoch(last);
    this.packed = packed;
    const begin = Math.max(0, days.length - LATEST_BARS);
    this.latest = { packed: packBytes(figures, begin), since: days[begin] ?? 0 };
    this.lines = new Lines(lines);
    this.events = events;
    this.longestGapDays = longestGap(days);
  }

  /** @param bars oldest first */
  static of(file: string, bars: readonly FileBar[]): BarColumns {
    const column = (of: (bar: FileBar) => number) => Float64Array.from(bars, of);
    const figures = {
      days: Int32Array.from(bars, ({ day }) => epochDay(day)),
      open: column(({ open }) => open),
      high: column(({ high }) => high),
      low: column(({ low }) => low),
      close: column(({ close }) => close),
      adjustedClose: column(({ adjustedClose }) => adjustedClose),
      volume: column(({ volume }) => volume ?? Number.NaN),
    };
    const lines = Int32Array.from(bars, ({ line }) => line);
    return new BarColumns(file, figures, lines, undefined, eventsOf(bars));
  }

  get figures(): BarFigures {
    return unpacked(this.packed.get());
  }

  get bars(): readonly FileBar[] {
    return this.dailyBars.map((bar, i) => this.withLine(bar, i));
  }

  get dailyBars(): readonly DailyBar[] {
    const { figures } = this;
    return Array.from(figures.days, (_, i) => dailyBarAt(figures, i));
  }

  dailyBarsFrom(day: CalendarDay): readonly DailyBar[] {
    if (this.lastDay === undefined || this.lastDay < day) return [];
    const since = epochDay(day);
    const figures = since < this.latest.since ? this.figures : unpacked(this.latest.packed);
    const first = figures.days.findIndex((one) => one >= since);
    return Array.from(figures.days.subarray(first), (_, i) => dailyBarAt(figures, first + i));
  }

  get withEvents(): readonly FileBar[] {
    if (this.events.size === 0) return [];
    const { figures } = this;
    return [...this.events.keys()].map((i) => this.withLine(dailyBarAt(figures, i), i));
  }

  gapsOver(most: number): readonly Gap[] {
    if (this.longestGapDays <= most) return [];
    const { days } = this.figures;
    const gaps: Gap[] = [];
    for (let i = 1; i < days.length; i += 1) {
      const [before = 0, day = 0] = [days[i - 1], days[i]];
      if (day - before <= most) continue;
      const ends = { before: dayOfEpoch(before), day: dayOfEpoch(day) };
      gaps.push({ line: this.lines.at(i), days: day - before, ...ends });
    }
    return gaps;
  }

  private withLine(bar: DailyBar, i: number): FileBar {
    return { ...bar, line: this.lines.at(i), ...this.events.get(i) };
  }
}

function unpacked(packed: Uint8Array): BarFigures {
  return present(unpackBytes(packed), 'bars are kept as they were packed');
}

/** Lines mostly follow each other, up or down. */
class Lines {
  private readonly first: number;
  private readonly step: number;
  /** Where they do not. */
  private readonly each: Int32Array | undefined;

  constructor(lines: Int32Array) {
    const [first = 0, second = first] = lines;
    this.first = first;
    this.step = second - first;
    const isEven = lines.every((line, i) => line === first + i * this.step);
    this.each = isEven ? undefined : lines;
  }

  at(i: number): number {
    return this.each?.[i] ?? this.first + i * this.step;
  }
}

function eventsOf(bars: readonly FileBar[]): Events {
  return new Map(
    bars.flatMap(({ dividend, split }, i) => {
      if (dividend === undefined && split === undefined) return [];
      const event = {
        ...(dividend !== undefined && { dividend }),
        ...(split !== undefined && { split }),
      };
      return [[i, event] as const];
    }),
  );
}

function longestGap(days: Int32Array): number {
  let longest = 0;
  for (let i = 1; i < days.length; i += 1)
    longest = Math.max(longest, (days[i] ?? 0) - (days[i - 1] ?? 0));
  return longest;
}

/** Written out: thousands of files have millions of bars, and a spread costs more than the bar. */
function dailyBarAt(figures: BarFigures, i: number): DailyBar {
  const day = dayOfEpoch(figures.days[i] ?? 0);
  const open = figures.open[i] ?? Number.NaN;
  const high = figures.high[i] ?? Number.NaN;
  const low = figures.low[i] ?? Number.NaN;
  const close = figures.close[i] ?? Number.NaN;
  const adjustedClose = figures.adjustedClose[i] ?? Number.NaN;
  const volume = figures.volume[i] ?? Number.NaN;
  return Number.isNaN(volume)
    ? { day, open, high, low, close, adjustedClose }
    : { day, open, high, low, close, adjustedClose, volume };
}
