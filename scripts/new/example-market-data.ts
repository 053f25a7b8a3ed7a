/**
 * Where a provider of market data begins: two securities with a week of made-up closes. It is a
 * simulation, in the past. Replace the listing and the bars by what the provider answers; its
 * conformance suite stays as it is.
 */
import type {
  DailyBar,
  DailyRate,
  ListedFundamentals,
  ListedSecurity,
  MarketData,
  MarketSession,
} from '#shared/clients/market-data/market-data.ts';
import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { parseIsin, type Isin } from '#shared/kernel/isin.ts';

const EXCHANGE = 'XEXA';
const listing: readonly ListedSecurity[] = [
  listed('DE0007164600', 'AAA'),
  listed('GB0002634946', 'BBB'),
];
const closes = { '2024-03-04': 100, '2024-03-05': 101, '2024-03-06': 99.5, '2024-03-07': 102 };
const bars: readonly DailyBar[] = Object.entries(closes).map(([day, close]) => ({
  ...{ day: parseDay(day), open: close, high: close, low: close, close },
  adjustedClose: close,
}));
const LAST_DAY = parseDay('2024-03-07');

export class ExampleMarketData implements MarketData {
  readonly name = 'example';
  readonly simulated = true;

  async ping(): Promise<void> {}

  async listing(): Promise<readonly ListedSecurity[]> {
    return listing;
  }

  async bars(isin: Isin, from: CalendarDay): Promise<readonly DailyBar[]> {
    requireListed(isin);
    return bars.filter(({ day }) => day >= from);
  }

  async fundamentals(isin: Isin): Promise<ListedFundamentals | undefined> {
    requireListed(isin);
    return undefined;
  }

  async rates(): Promise<readonly DailyRate[]> {
    return [];
  }

  session(exchange: string): MarketSession {
    if (exchange !== EXCHANGE) throw notFound('exchange', exchange);
    return { open: true, day: LAST_DAY, reason: 'SIMULATED prices: a simulation never closes.' };
  }

  today(): CalendarDay {
    return LAST_DAY;
  }
}

function requireListed(isin: Isin): void {
  if (!listing.some((security) => security.isin === isin)) throw notFound('security', isin);
}

function listed(isin: string, symbol: string): ListedSecurity {
  return {
    ...{ isin: parseIsin(isin), symbol, name: `${symbol} (example)`, exchange: EXCHANGE },
    ...{ currency: parseCurrency('EUR'), securityType: 'EQUITY', lot: '1' },
  };
}
