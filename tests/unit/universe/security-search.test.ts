import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin, isinCheckDigit } from '#shared/kernel/isin.ts';
import { search } from '#shared/universe/model/security-search.ts';
import type { Security } from '#shared/universe/model/security.ts';

function security(number: number, symbol: string, name: string): Security {
  const body = `DE0FIX0000${number}`;
  return {
    isin: parseIsin(`${body}${isinCheckDigit(body)}`),
    symbol,
    name,
    exchange: 'XETR',
    currency: parseCurrency('EUR'),
    securityType: 'EQUITY',
    lot: Decimal.one,
    addedAt: instantOf(0),
  };
}

const all = [
  security(1, 'BANL', 'Crème Antilles'),
  security(2, 'CREM', 'Elbe Werke'),
  security(3, 'ELBE', 'Große Weser'),
  security(4, 'WEBA', 'Anbau Nord'),
];
const symbols = (query: string): string[] => search(all, query).map(({ symbol }) => symbol);

describe('searching securities', () => {
  test('puts prefixes before what merely contains the query, each in the order given', () => {
    expect(symbols('an')).toEqual(['WEBA', 'BANL']);
    expect(symbols('elbe')).toEqual(['CREM', 'ELBE']);
    expect(symbols('ba')).toEqual(['BANL', 'WEBA']);
  });

  test('does not mind case and accents, on either side', () => {
    expect(symbols('CREME')).toEqual(['BANL']);
    expect(symbols('crèm')).toEqual(['BANL', 'CREM']);
    expect(symbols('grosse')).toEqual(['ELBE']);
    expect(symbols('GROßE')).toEqual(['ELBE']);
  });

  test('finds by ISIN', () => {
    expect(symbols('de0fix')).toEqual(['BANL', 'CREM', 'ELBE', 'WEBA']);
    expect(symbols('00003')).toEqual(['ELBE']);
  });

  test('finds nothing where nothing fits', () => {
    expect(symbols('zzz')).toEqual([]);
  });
});
