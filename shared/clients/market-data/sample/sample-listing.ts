/**
 * The securities of the simulation. No such company exists: names are invented, and every ISIN
 * carries `SIM` where a real one has the national number.
 */
import type { Currency } from '#shared/kernel/currency.ts';
import { isinCheckDigit, parseIsin, type Isin } from '#shared/kernel/isin.ts';
import type { ListedSecurity } from '../market-data.ts';

export interface SampleSecurity extends ListedSecurity {
  /** Close on the day the simulation begins. */
  readonly firstPrice: number;
  /** Sensitivity to the market factor. */
  readonly beta: number;
  /** Yearly volatility that neither market nor sector explains. */
  readonly ownVolatility: number;
}

/** symbol | name | exchange | country | currency | sector | industry | price | beta | volatility */
const EQUITIES = `
ARVN|Arvenholt Robotik AG|XETR|DE|EUR|Industrials|Machinery|64|1.15|0.24
BRKW|Brackwasser Energie AG|XETR|DE|EUR|Utilities|Electric Utilities|31|0.55|0.15
DUNO|Dunotech Halbleiter SE|XETR|DE|EUR|Technology|Semiconductors|88|1.45|0.31
FELV|Felvenburg Chemie AG|XETR|DE|EUR|Materials|Chemicals|47|1.05|0.22
HAVL|Havellinde Versicherung AG|XETR|DE|EUR|Financials|Insurance|142|0.85|0.18
LUMR|Lumière d’Orval SA|XPAR|FR|EUR|Consumer Discretionary|Luxury Goods|210|1.10|0.23
OSTR|Ostréa Santé SA|XPAR|FR|EUR|Health Care|Pharmaceuticals|76|0.70|0.20
PONV|Pont-Verrier Construction SA|XPAR|FR|EUR|Industrials|Construction|38|1.00|0.21
TERV|Tervalis Télécom SA|XPAR|FR|EUR|Communication Services|Telecom Services|14|0.60|0.17
GRAC|Grachtenhuis Vastgoed NV|XAMS|NL|EUR|Real Estate|Office REITs|22|0.95|0.22
MOLN|Molenaar Voeding NV|XAMS|NL|EUR|Consumer Staples|Packaged Foods|45|0.50|0.14
STRW|Sterrenwacht Systems NV|XAMS|NL|EUR|Technology|Semiconductor Equipment|175|1.40|0.29
BELP|Belpasso Moda SpA|XMIL|IT|EUR|Consumer Discretionary|Apparel|29|1.20|0.27
CRVN|Corvina Banca SpA|XMIL|IT|EUR|Financials|Banks|9.5|1.30|0.26
SOLM|Solmar Renovables SA|XMAD|ES|EUR|Utilities|Renewable Energy|18|0.90|0.25
ALDR|Aldermoor Devices Inc|XNAS|US|USD|Technology|Consumer Electronics|118|1.25|0.26
BYTF|Bytefjord Cloud Inc|XNAS|US|USD|Technology|Software|92|1.35|0.30
CDRX|Cedarix Biologics Inc|XNAS|US|USD|Health Care|Biotechnology|54|1.00|0.36
DRYD|Drydock Freight Corp|XNYS|US|USD|Industrials|Transportation|67|1.05|0.22
EVGL|Everglint Media Inc|XNAS|US|USD|Communication Services|Entertainment|81|1.15|0.28
FRNH|Fernhaven Bancorp|XNYS|US|USD|Financials|Banks|58|1.20|0.23
GLDN|Goldenrod Provisions Co|XNYS|US|USD|Consumer Staples|Household Products|103|0.50|0.14
HRTW|Hartwell Orthopedics Inc|XNYS|US|USD|Health Care|Medical Devices|134|0.80|0.19
KSTL|Kestrel Ridge Petroleum Corp|XNYS|US|USD|Energy|Oil & Gas Production|49|1.10|0.29
LKSD|Lakeside Timber & Board Co|XNYS|US|USD|Materials|Forest Products|36|1.00|0.23
MRDN|Meridiem Motors Inc|XNAS|US|USD|Consumer Discretionary|Auto Manufacturers|44|1.60|0.40
NRTH|Northgate Wireless Corp|XNYS|US|USD|Communication Services|Telecom Services|33|0.55|0.16
PNLT|Pinelight Power Co|XNYS|US|USD|Utilities|Electric Utilities|71|0.45|0.14
QLLS|Quillstone Payments Inc|XNYS|US|USD|Financials|Payment Services|126|1.20|0.24
RDWD|Redwillow Homes Trust|XNYS|US|USD|Real Estate|Residential REITs|62|0.85|0.19
TWNP|Twinpeak Stores Inc|XNYS|US|USD|Consumer Discretionary|Discount Stores|97|0.75|0.18
ASHB|Ashbourne Spirits plc|XLON|GB|GBP|Consumer Staples|Beverages|24|0.55|0.16
BRDM|Broadmere Mining plc|XLON|GB|GBP|Materials|Metals & Mining|19|1.30|0.31
CLDW|Caldwick Life plc|XLON|GB|GBP|Financials|Insurance|7.2|1.05|0.22
DOVR|Doverlight Aerospace plc|XLON|GB|GBP|Industrials|Aerospace & Defense|12|1.15|0.26
HLSM|Helmsby Pharma plc|XLON|GB|GBP|Health Care|Pharmaceuticals|31|0.65|0.19
NSEA|Northsea Harbour Energy plc|XLON|GB|GBP|Energy|Integrated Oil & Gas|15|1.00|0.24
THRN|Thornbury Retail Parks plc|XLON|GB|GBP|Real Estate|Retail REITs|4.6|1.00|0.24
WLDN|Waldenmoor Water plc|XLON|GB|GBP|Utilities|Water Utilities|9.1|0.40|0.14`;

const LOT_OF: Readonly<Record<string, string>> = { CRVN: '10', CLDW: '10', THRN: '10' };

export const sampleBenchmark: SampleSecurity = {
  isin: sampleIsin('IE', 0),
  symbol: 'SIMW',
  name: 'Simulated World Equity ETF',
  exchange: 'XETR',
  currency: 'EUR' as Currency,
  country: 'IE',
  industry: 'Exchange Traded Funds',
  securityType: 'ETF',
  lot: '1',
  firstPrice: 50,
  beta: 1,
  ownVolatility: 0.01,
};

/** All securities, by symbol. */
export const sampleSecurities: readonly SampleSecurity[] = [
  sampleBenchmark,
  ...EQUITIES.trim()
    .split('\n')
    .map((line, i) => equity(line, i + 1)),
].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));

function equity(line: string, number: number): SampleSecurity {
  const [symbol = '', name = '', exchange = '', country = '', currency = '', ...rest] =
    line.split('|');
  const [sector = '', industry = '', firstPrice, beta, ownVolatility] = rest;
  return {
    isin: sampleIsin(country, number),
    symbol,
    name,
    exchange,
    currency: currency as Currency,
    country,
    sector,
    industry,
    securityType: 'EQUITY',
    lot: LOT_OF[symbol] ?? '1',
    firstPrice: Number(firstPrice),
    beta: Number(beta),
    ownVolatility: Number(ownVolatility),
  };
}

function sampleIsin(country: string, number: number): Isin {
  const body = `${country}0SIM${String(number).padStart(5, '0')}`;
  return parseIsin(`${body}${isinCheckDigit(body)}`);
}
