/** Amounts, numbers and times in the reader's locale. Amounts stay text: none passes a double. */
import type { Money } from '#protos/gen/common/common.ts';
import { html, type Html } from './html.ts';

interface Timestamp {
  readonly seconds: string;
}

/** What `Intl` formats exactly, whatever its length. */
type Exact = Intl.StringNumericLiteral;

const AMOUNT = /\b([A-Z]{3}) (-?\d+(?:\.\d+)?)(?![\w.]*\w)/g;
const DECIMAL = /(?<![\w.,:-])\d+\.\d+(?![\w.,:-]*\w)/g;
/** With the space that is left out in some languages. */
const PERCENT = /(?<![\w.,:-])(\d+(?:\.\d+)?) %/g;
/** A day by itself, as in `prices are from 2026-03-04`. */
const DAY = /(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])/g;
const inPercent = { style: 'unit', unit: 'percent' } as const;
const NOTHING = '–';
const MINUS = '−';

export class Format {
  readonly locale: string;
  private readonly plain: Intl.NumberFormat;
  private readonly ratio: Intl.NumberFormat;
  private readonly days: Intl.DateTimeFormat;
  private readonly moments: Intl.DateTimeFormat;
  private readonly byCurrency = new Map<string, Intl.NumberFormat>();

  constructor(locale: string) {
    this.locale = locale;
    this.plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 9 });
    this.ratio = new Intl.NumberFormat(locale, {
      style: 'percent',
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    });
    const date = { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' } as const;
    this.days = new Intl.DateTimeFormat(locale, date);
    this.moments = new Intl.DateTimeFormat(locale, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      timeZone: 'UTC',
    });
  }

  /** `€2,351.68`, marked as an amount, so that it can be hidden. */
  money(money: Money | undefined): Html {
    return money ? amount(this.moneyText(money)) : html`${NOTHING}`;
  }

  moneyText({ amount: text, currency }: Money): string {
    return signed(this.currency(currency).format(text as Exact));
  }

  /** With its sign, and a class and a word for readers who do not see the colours. */
  gain(money: Money | undefined, ratio?: number): Html {
    if (!money) return html`${NOTHING}`;
    if (!/[1-9]/.test(money.amount)) return this.money(money);
    const isLoss = money.amount.startsWith('-');
    const text = `${isLoss ? '' : '+'}${this.moneyText(money)}`;
    const share =
      ratio === undefined ? '' : html` <span class="share">${this.change(ratio)}</span>`;
    const kind = isLoss ? 'loss' : 'gain';
    return html`<span class="${kind}"
      ><span class="sr">${kind} </span>${amount(text)}${share}</span
    >`;
  }

  /** An estimate in whole units of the currency. */
  about(value: number, currency: string): string {
    const whole = new Intl.NumberFormat(this.locale, {
      style: 'currency',
      currency,
      maximumFractionDigits: 0,
    });
    return signed(whole.format(value));
  }

  /** As `about`, marked as an amount. */
  aboutMarked(value: number, currency: string): Html {
    return amount(this.about(value, currency));
  }

  /** An estimate in whole units, where the currency is named above. */
  whole(value: number): string {
    return signed(new Intl.NumberFormat(this.locale, { maximumFractionDigits: 0 }).format(value));
  }

  /** For the axis of a picture: `25K`. */
  compact(value: number): string {
    const short = { notation: 'compact', maximumSignificantDigits: 3 } as const;
    return signed(new Intl.NumberFormat(this.locale, short).format(value));
  }

  percent(ratio: number | undefined): string {
    return ratio === undefined ? NOTHING : signed(this.ratio.format(ratio));
  }

  /** `+2.1 %` */
  change(ratio: number | undefined): string {
    if (ratio === undefined) return NOTHING;
    return `${ratio < 0 ? '' : '+'}${this.percent(ratio)}`;
  }

  number(value: number | string): string {
    return signed(this.plain.format(value as Exact));
  }

  /**
   * A sentence with its amounts (`EUR 4537.05`), days, percents and decimals as the reader writes them.
   * What is no plain number, as an id, stays.
   * @returns its parts; amounts are marked, so that they can be hidden
   */
  sentence(text: string): readonly (string | Html)[] {
    const matches = [...text.matchAll(AMOUNT)];
    const parts: (string | Html)[] = [];
    let from = 0;
    for (const { 0: all, 1: currency = '', 2: sum = '', index } of matches) {
      parts.push(this.figures(text.slice(from, index)), this.money({ amount: sum, currency }));
      from = index + all.length;
    }
    return [...parts, this.figures(text.slice(from))];
  }

  private figures(text: string): string {
    return text
      .replace(DAY, (day) => (Number.isNaN(Date.parse(day)) ? day : this.day(day)))
      .replace(PERCENT, (_all, percent: string) => this.decimal(percent, inPercent))
      .replace(DECIMAL, (decimal) => this.decimal(decimal));
  }

  private decimal(text: string, style: Intl.NumberFormatOptions = {}): string {
    const digits = text.split('.')[1]?.length ?? 0;
    const options = { ...style, minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(this.locale, options).format(text as Exact);
  }

  /** As a reader types it: the decimal sign of the locale, no grouping. */
  editable(value: number): string {
    const written = new Intl.NumberFormat(this.locale, {
      ...{ maximumFractionDigits: 9, useGrouping: false, numberingSystem: 'latn' },
    });
    return written.format(value);
  }

  day(day: string): string {
    return day === '' ? NOTHING : this.days.format(new Date(`${day}T00:00:00Z`));
  }

  /** In UTC; the browser writes it in its own zone where it runs scripts. */
  moment(timestamp: Timestamp | undefined): Html {
    if (!timestamp) return html`${NOTHING}`;
    const date = new Date(Number(timestamp.seconds) * 1000);
    return html`<time datetime="${date.toISOString()}">${this.moments.format(date)} UTC</time>`;
  }

  /** The day of a moment with its year, for lists that go back far. */
  date(timestamp: Timestamp | undefined): Html {
    if (!timestamp) return html`${NOTHING}`;
    const date = new Date(Number(timestamp.seconds) * 1000);
    return html`<time datetime="${date.toISOString()}" data-day>${this.days.format(date)}</time>`;
  }

  private currency(currency: string): Intl.NumberFormat {
    const known = this.byCurrency.get(currency);
    if (known) return known;
    const made = new Intl.NumberFormat(this.locale, { style: 'currency', currency });
    this.byCurrency.set(currency, made);
    return made;
  }
}

/** An amount that the eye button hides. */
function amount(text: string): Html {
  return html`<span class="amt">${text}</span>`;
}

/** A true minus sign, which is as wide as the plus. */
function signed(text: string): string {
  return text.replace('-', MINUS);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
