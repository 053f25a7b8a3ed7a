/** Daily closes of a year and more before a point begins; the last are the prices it begins with. */
import { DAY_MS } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { ALPHA, BETA, GAMMA, SetMarket } from '../../support/markets/set-market.ts';

/** In the security's currency. */
export const openingPrices: ReadonlyMap<Isin, number> = new Map([
  [ALPHA, 100],
  [BETA, 62.5],
  [GAMMA, 12.4],
]);
/** Into EUR. */
export const rates = { EUR: '1', USD: '0.8', GBP: '1.15' } as const;
export const currencies: ReadonlyMap<Isin, keyof typeof rates> = new Map([
  [ALPHA, 'EUR'],
  [BETA, 'USD'],
  [GAMMA, 'GBP'],
]);

const DAYS = 430;
const DRIFT = 0.0008;
const VOLATILITY = 0.011;
const VOLUME = 1_000_000;

export function setCloses(market: SetMarket, ms: number, prices: ReadonlyMap<Isin, number>): void {
  const day = dayAt(ms);
  for (const [isin, price] of prices) market.setClose(isin, day, price, VOLUME);
  for (const currency of ['USD', 'GBP'] as const)
    market.setRate(currency, 'EUR', day, Number(rates[currency]));
}

/** A market of its own, that nobody has changed. */
export function marketUntil(ms: number): SetMarket {
  const market = new SetMarket();
  for (const { day, prices } of pathTo(ms)) setCloses(market, day, prices);
  return market;
}

interface Day {
  readonly day: number;
  readonly prices: ReadonlyMap<Isin, number>;
}

const paths = new Map<number, readonly Day[]>();

/** Backwards from the opening prices, on weekdays. */
function pathTo(ms: number): readonly Day[] {
  const known = paths.get(ms) ?? walk(ms);
  paths.set(ms, known);
  return known;
}

function walk(ms: number): readonly Day[] {
  const random = seededRandom('market history');
  let prices = openingPrices;
  const days: Day[] = [];
  for (let back = 0; back < DAYS; back += 1) {
    const day = ms - back * DAY_MS;
    if ([0, 6].includes(new Date(day).getUTCDay())) continue;
    days.push({ day, prices });
    prices = new Map(
      [...prices].map(([isin, price]) => {
        const before = price / Math.exp(DRIFT + VOLATILITY * normal(random));
        return [isin, Math.round(before * 100) / 100];
      }),
    );
  }
  return days.toReversed();
}

function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
