/** A list of two US securities and simulated services that have prices of both. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { openMarketData } from '#shared/clients/market-data/open.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { NOW } from './market-data-conformance.ts';
import { PriceServices, type ServedBar } from './price-services.ts';

export const MSFT = parseIsin('US5949181045');
export const IBM = parseIsin('US4592001014');
export const NEW_YORK = { zone: 'America/New_York', opensS: 13.5 * 3600 };
export const LIST = `isin,symbol,name,currency,exchange,benchmark
${IBM},IBM,IBM,USD,XNYS,
${MSFT},MSFT,Microsoft,USD,XNAS,x
`;

export interface LiveFixture {
  readonly folder: string;
  readonly services: PriceServices;
  /** The wall clock. */
  nowMs: number;
  /** Lets time pass, for the wall clock too. */
  pass(ms: number): void;
  open(source: string, env?: Record<string, string>): Promise<MarketData>;
  close(): Promise<void>;
}

export async function liveFixture(): Promise<LiveFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'live-'));
  await writeFile(join(folder, 'securities.csv'), LIST);
  const services = new PriceServices();
  fill(services);
  const url = await services.start();
  let passedMs = 0;
  const on: LiveFixture = {
    folder,
    services,
    nowMs: NOW,
    pass: (ms) => {
      passedMs += ms;
      on.nowMs += ms;
    },
    open: async (source, env = {}) => {
      const settings = parseSettings({
        ...{ MARKET_DATA: source, MARKET_DATA_URL: url, DATA_DIR: folder },
        ...env,
      });
      const secrets: Record<string, string> = { 'alpaca-secret-key': 'planted-secret-of-alpaca' };
      const secret = (name: string) => () => secrets[name] ?? 'planted-key';
      const clocks = {
        now: () => instantOf(on.nowMs),
        steady: () => ({ boot: 'test', ms: passedMs }),
      };
      const opened = await openMarketData(settings, { ...clocks, secret });
      return opened.marketData;
    },
    close: async () => {
      await services.stop();
      await rm(folder, { recursive: true });
    },
  };
  return on;
}

function fill(services: PriceServices): void {
  services.tickers.set(MSFT, 'MSFT').set(IBM, 'IBM');
  const days = ['2024-07-12', '2024-07-15', '2024-07-16', '2024-07-17'];
  const bars = days.map((day, i) => servedBar(day, 100 + i));
  services.series.set('IBM', { isin: IBM, currency: 'USD', ...NEW_YORK, bars: [...bars] });
  services.series.set('MSFT', {
    ...{ isin: MSFT, currency: 'USD', ...NEW_YORK },
    bars: bars.map((one, i) => ({ ...one, adjusted: 99 + i })),
    dividends: [{ day: '2024-07-15', amount: 0.75 }],
    splits: [{ day: '2024-07-16', to: 3, from: 2 }],
  });
  services.rates = [
    { day: '2024-07-17', units: { USD: 1.1, GBP: 0.84 } },
    { day: '2024-07-16', units: { USD: 1.08, GBP: 0.85 } },
  ];
}

export function servedBar(day: string, close: number): ServedBar {
  return { day, open: close, high: close + 1, low: close - 1, close, volume: 1000 };
}
