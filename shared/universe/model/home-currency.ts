/** The currency a security is most likely traded in, where no source states it. */
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import type { Isin } from '#shared/kernel/isin.ts';

const EURO_COUNTRIES = 'AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK';

/** ISO 3166 country and ISO 4217 currency. */
const OTHER_COUNTRIES =
  'AE:AED AU:AUD BR:BRL CA:CAD CH:CHF CL:CLP CN:CNY CO:COP CZ:CZK DK:DKK GB:GBP HK:HKD HU:HUF ' +
  'ID:IDR IL:ILS IN:INR IS:ISK JP:JPY KR:KRW LI:CHF MX:MXN MY:MYR NO:NOK NZ:NZD PE:PEN PH:PHP ' +
  'PL:PLN QA:QAR RO:RON SA:SAR SE:SEK SG:SGD TH:THB TR:TRY TW:TWD US:USD VN:VND ZA:ZAR';

const currencyOf = new Map<string, Currency>([
  ...EURO_COUNTRIES.split(' ').map((country) => [country, parseCurrency('EUR')] as const),
  ...OTHER_COUNTRIES.split(' ').map((entry) => {
    const [country = '', code = ''] = entry.split(':');
    return [country, parseCurrency(code)] as const;
  }),
]);

/** The country that the ISIN's first two letters name; undefined for `XS` and its like. */
export function countryOf(isin: Isin): string | undefined {
  const country = isin.slice(0, 2);
  return currencyOf.has(country) ? country : undefined;
}

export function homeCurrency(isin: Isin): Currency | undefined {
  return currencyOf.get(isin.slice(0, 2));
}
