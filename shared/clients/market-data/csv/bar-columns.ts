/** Bars of a file in columns: 56 bytes a bar, where objects take 200. */
import { dayOfEpoch, epochDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { DailyBar } from '../market-data.ts';
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
  /** Oldest first; made when they are asked for. */
  readonly bars: readonly FileBar[];
  /** The same without what only files have. */
  readonly dailyBars: readonly DailyBar[];
  /** Those with a dividend or a split. */
  readonly withEvents: readonly FileBar[];
  /** Of the last bar. */
  readonly lastDay: CalendarDay | undefined;
  gapsOver(days: number): readonly Gap[];
}

const figures = ['open', 'high', 'low', 'close', 'adjustedClose'] as const;

export class BarColumns implements CsvSeries {
  readonly file: string;
  private readonly days: Int32Array;
  private readonly lines: Int32Array;
  private readonly prices: Float64Array;
  /** NaN where a bar has none. */
  private readonly volumes: Float64Array;
  /** What few bars have, by the place of the bar. */
  private readonly rare = new Map<number, Pick<FileBar, 'dividend' | 'split'>>();

  /** @param bars oldest first */
  constructor(file: string, bars: readonly FileBar[]) {
    this.file = file;
    this.days = Int32Array.from(bars, ({ day }) => epochDay(day));
    this.lines = Int32Array.from(bars, ({ line }) => line);
    this.volumes = Float64Array.from(bars, ({ volume }) => volume ?? Number.NaN);
    this.prices = new Float64Array(bars.length * figures.length);
    bars.forEach((bar, i) => {
      figures.forEach((name, at) => (this.prices[i * figures.length + at] = bar[name]));
      const { dividend, split } = bar;
      if (dividend === undefined && split === undefined) return;
      this.rare.set(i, {
        ...(dividend !== undefined && { dividend }),
        ...(split !== undefined && { split }),
      });
    });
  }

  get lastDay(): CalendarDay | undefined {
    const last = this.days.at(-1);
    return last === undefined ? undefined : dayOfEpoch(last);
  }

  get bars(): readonly FileBar[] {
    return Array.from(this.days, (_, i) => this.barAt(i));
  }

  get dailyBars(): readonly DailyBar[] {
    return Array.from(this.days, (_, i) => this.dailyBarAt(i));
  }

  get withEvents(): readonly FileBar[] {
    return [...this.rare.keys()].map((i) => this.barAt(i));
  }

  gapsOver(most: number): readonly Gap[] {
    const gaps: Gap[] = [];
    for (let i = 1; i < this.days.length; i += 1) {
      const [before = 0, day = 0] = [this.days[i - 1], this.days[i]];
      const days = day - before;
      if (days <= most) continue;
      gaps.push({
        line: this.lines[i] ?? 0,
        days,
        before: dayOfEpoch(before),
        day: dayOfEpoch(day),
      });
    }
    return gaps;
  }

  private barAt(i: number): FileBar {
    return { ...this.dailyBarAt(i), line: this.lines[i] ?? 0, ...this.rare.get(i) };
  }

  /** Written out: thousands of files have millions of bars, and a spread costs more than the bar. */
  private dailyBarAt(i: number): DailyBar {
    const at = i * figures.length;
    const { prices } = this;
    const day = dayOfEpoch(this.days[i] ?? 0);
    const open = prices[at] ?? Number.NaN;
    const high = prices[at + 1] ?? Number.NaN;
    const low = prices[at + 2] ?? Number.NaN;
    const close = prices[at + 3] ?? Number.NaN;
    const adjustedClose = prices[at + 4] ?? Number.NaN;
    const volume = this.volumes[i] ?? Number.NaN;
    return Number.isNaN(volume)
      ? { day, open, high, low, close, adjustedClose }
      : { day, open, high, low, close, adjustedClose, volume };
  }
}
