/** The market data and the account of this run, for the person who started it. */
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { moneyText } from './cycle-text.ts';

export interface Market {
  readonly source: string;
  readonly simulated: boolean;
  readonly securities: number;
  readonly seed: string | null;
  /** The source's warnings about data that is likely wrong. */
  readonly doubts: readonly string[];
}

export interface StartAccount {
  readonly broker: string;
  readonly simulated: boolean;
  readonly cash: { readonly amount: string; readonly currency: string };
}

export async function marketFacts(
  dependencies: Dependencies,
  signal: AbortSignal,
): Promise<Market> {
  const { marketData, settings } = dependencies;
  const securities = (await marketData.listing(signal)).length;
  const { marketData: choice } = settings;
  const seed = choice.kind === 'sample' ? choice.seed : null;
  const { name: source, simulated, doubts = [] } = marketData;
  return { source, simulated, securities, seed, doubts };
}

/** Asks the broker; the paper broker opens its account when it is first asked. */
export async function accountFacts(
  { broker }: Dependencies,
  signal: AbortSignal,
): Promise<StartAccount> {
  const { cash } = await broker.statement(DEFAULT_ACCOUNT, signal);
  return { broker: broker.name, simulated: broker.simulated, cash: cash.toJSON() };
}

interface Ready {
  readonly functionCount: number;
  readonly redis: { readonly version: string };
}

/** First of all whether money is real; then what is ready, in one line. */
export function readyText(
  { functionCount, redis }: Ready,
  { market, account }: { readonly market: Market; readonly account: StartAccount },
  { totalMs }: { readonly totalMs: number },
): string[] {
  const prices = market.simulated ? `simulated prices${seedText(market)}` : market.source;
  const money = account.simulated
    ? `PRACTICE: ${prices}, ${account.broker} broker. No real money.`
    : `REAL MONEY: ${prices}, broker ${account.broker}.`;
  const seconds = (totalMs / 1000).toFixed(1);
  return [
    '',
    money,
    `Ready in ${seconds} s: ${functionCount} functions, Redis ${redis.version}; ${market.securities} securities, ${moneyText(account.cash)} in cash.`,
    '',
  ];
}

function seedText({ seed }: Market): string {
  return seed === null ? '' : ` (seed ${seed})`;
}

export function marketText({ source, simulated, securities, seed }: Market): string {
  const kind = simulated ? 'SIMULATED' : source;
  return `market: ${kind}, ${securities} securities${seed === null ? '' : `, seed ${seed}`}`;
}

export function accountText({ broker, cash }: StartAccount): string {
  return `${broker} account: ${moneyText(cash)} in cash`;
}
