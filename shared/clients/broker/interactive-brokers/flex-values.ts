/** Values of attributes: decimals, ISINs, and times in any of the forms a query may be set to. Pure. */
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { isCurrency, parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { later, type Instant } from '#shared/kernel/instant.ts';
import { isIsin, type Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { instantAt } from '#shared/quant/calendars/zone-time.ts';
import { flexBroken, type Attributes } from './flex-xml.ts';

/** Of the exchange that most statements are made in. */
const ZONE = 'America/New_York';
const DATE =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:(?:;|, | |T)(\d{2}):?(\d{2}):?(\d{2})(?: ?[A-Z]{2,4})?)?$/;
const DECIMALS_MAX = 10;

/** @throws Failure UPSTREAM_BROKEN where the attribute is missing or empty */
export function required(row: Attributes, name: string): string {
  const value = row[name];
  if (value === undefined || value === '')
    throw flexBroken(`a row without ${name}; add it to the query`);
  return value;
}

export function decimal(row: Attributes, name: string): Decimal {
  return decimalOf(required(row, name), name);
}

/** 0 where it is missing or empty. */
export function decimalOrZero(row: Attributes, name: string): Decimal {
  const text = row[name];
  return text === undefined || text === '' ? Decimal.zero : decimalOf(text, name);
}

export function currencyIn(row: Attributes, name = 'currency'): Currency {
  const text = required(row, name);
  if (!isCurrency(text)) throw flexBroken(`the currency "${text.slice(0, 10)}"`);
  return parseCurrency(text);
}

export function flexMoney(amount: Decimal, currency: Currency): Money {
  return Money.rounded(amount, currency, 'half-even');
}

/** Of the row's currency into the account's; 1 where they are the same, undefined where none is stated. */
export function rateToBase(row: Attributes, account: Currency): Decimal | undefined {
  if (currencyIn(row) === account) return Decimal.one;
  const rate = decimalOrZero(row, 'fxRateToBase');
  return rate.sign > 0 ? rate : undefined;
}

export function isinIn(row: Attributes): Isin | undefined {
  const text = row['isin'] ?? '';
  return isIsin(text) ? text : undefined;
}

export function requiredIsin(row: Attributes): Isin {
  const isin = isinIn(row);
  if (isin === undefined)
    throw flexBroken(`no ISIN of ${row['symbol'] ?? 'a security'}; add it to the query`);
  return isin;
}

/** The first of several attributes that is there. */
export function instantIn(row: Attributes, ...names: readonly string[]): Instant {
  const text = names.map((name) => row[name]).find((value) => value !== undefined && value !== '');
  const match = DATE.exec(text ?? '');
  if (!match) throw flexBroken(`the date "${(text ?? '').slice(0, 30)}"`);
  const [, year, month, day, hours = '0', minutes = '0', seconds = '0'] = match;
  const minute = Number(hours) * 60 + Number(minutes);
  const at = instantAt(ZONE, parseDay(`${year}-${month}-${day}`), minute);
  return later(at, Number(seconds) * 1_000);
}

function decimalOf(text: string, name: string): Decimal {
  const plain = text.replace(/,/g, '');
  try {
    const value = /e/i.test(plain) ? Decimal.ofNumber(Number(plain)) : Decimal.parse(plain);
    return value.round(DECIMALS_MAX, 'half-even').normalize();
  } catch {
    throw flexBroken(`${name} "${text.slice(0, 30)}"`);
  }
}
