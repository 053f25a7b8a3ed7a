/**
 * npm run bench -- replay
 *
 * Replays equal weights over 20 securities through the handlers of production, and the same weights by bt and by
 * backtrader. bt moves weights in a table, backtrader has a broker with orders; neither knows order checks, a ledger,
 * bookings or plans. Both sides run in their own process and take the processor time of a whole run; turns alternate.
 * Read the time of a decision. V8 is set as `trader replay` sets it.
 */
import { dayOfEpoch } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { isinCheckDigit, parseIsin } from '#shared/kernel/isin.ts';
import type { ListedSecurity } from '#shared/clients/market-data/market-data.ts';
import type { Past } from '#shared/replay/past.ts';
import { parseReplayPolicy } from '#shared/replay/replay-policy-document.ts';
import { runReplay } from '#shared/replay/run-replay.ts';
import { panelOf, pricesOf, type Panel } from '../peers/panel.ts';
import { withPeers, type PythonPeers } from '../peers/python.ts';
import { median } from '../timing.ts';
import { figure, ratios } from '../figures/figure.ts';
import { setReplayEngine } from '../../cli/replay-engine.ts';
import { replayedHandlers } from '../../functions/gateway/run-replay/replayed-handlers.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const SECURITIES = 20;
const DAYS = 1_000;
/** A run of a peer may take less than the clock of the processor tells apart well. */
const LEAST_MS = 500;
const schedules = ['month', 'daily'] as const;
const peers = ['bt', 'backtrader'] as const;

function pastOf({ days, returns }: Panel): Past {
  const securities = returns.map((_, i): ListedSecurity => {
    const body = `US${String(i + 1).padStart(9, '0')}`;
    const isin = parseIsin(`${body}${isinCheckDigit(body)}`);
    const described = { symbol: `S${i}`, name: `S${i}`, exchange: 'PAST', securityType: 'EQUITY' };
    return { ...described, isin, currency: parseCurrency('USD'), lot: '0.000000001' };
  });
  const bars = securities.map(({ isin }, i) => {
    const prices = pricesOf(returns[i] ?? new Float64Array());
    const own = Array.from(days, (day, t) => {
      const close = prices[t] ?? NaN;
      const all = { open: close, high: close, low: close, close, adjustedClose: close };
      return { day: dayOfEpoch(day), ...all };
    });
    return [isin, own] as const;
  });
  return { securities, bars: new Map(bars), rates: new Map(), fundamentals: new Map() };
}

async function ours(past: Past, { days }: Panel, schedule: string) {
  const limits = '{ WEIGHT_MAX_RATIO: 1, MAXIMUM_ORDER_RATIO: 1 }';
  const text = `{ weights: equal, schedule: ${schedule}, splits: declared, settings: ${limits} }`;
  const policy = parseReplayPolicy(text, schedule, 'USD');
  const [from, to] = [dayOfEpoch(days[0] ?? 0), dayOfEpoch(days.at(-1) ?? 0)];
  const began = process.cpuUsage();
  const run = await runReplay({ handlers: replayedHandlers, past, policy, window: { from, to } });
  const { user, system } = process.cpuUsage(began);
  const decisions = run.days.filter(({ decided }) => decided).length;
  const orders = run.days.reduce((sum, day) => sum + day.orders, 0);
  return { ms: (user + system) / 1000, decisions, orders };
}

/** As the programs of the project are started, and replays in them. */
async function setEngine(): Promise<void> {
  const file = new URL('../../scripts/build/optimize-late.mjs', import.meta.url).href;
  const { optimizeLate } = (await import(file)) as { readonly optimizeLate: () => void };
  optimizeLate();
  setReplayEngine();
}

async function main(python: PythonPeers): Promise<void> {
  await setEngine();
  const panel = panelOf(SECURITIES, DAYS);
  const past = pastOf(panel);
  console.log(`${SECURITIES} securities, ${DAYS} days: ${panel.says}`);
  await python.load({ prices: [Float64Array.from(panel.days), ...panel.returns.map(pricesOf)] });
  const rows: Record<string, object> = {};
  for (const schedule of schedules) {
    const own: number[] = [];
    const its = peers.map((): number[] => []);
    let last = { decisions: 1, orders: 0 };
    // As the peers do: the first run of each is not counted.
    await ours(past, panel, schedule);
    for (let round = 0; round < ROUNDS; round += 1) {
      const run = await ours(past, panel, schedule);
      last = run;
      own.push(run.ms);
      for (const [i, peer] of peers.entries())
        its[i]?.push((await python.time(`${peer} equal weights`, { schedule }, LEAST_MS)).cpuMs);
    }
    const what = schedule === 'month' ? 'monthly' : 'daily';
    const each = (times: readonly number[]): number => median(times) / last.decisions;
    const row: Record<string, number | string> = {
      ...{ decisions: last.decisions, orders: last.orders },
      'ours, ms of CPU a decision': each(own).toFixed(1),
    };
    for (const [i, peer] of peers.entries()) {
      const times = its[i] ?? [];
      figure(`replay: ${what} decision, ${peer} / ours`, ratios(times, own));
      row[`${peer}, ms of CPU a decision`] = each(times).toFixed(1);
      row[`${peer} / ours`] = (each(times) / each(own)).toFixed(2);
    }
    rows[schedule] = row;
  }
  console.table(rows);
}

await withPeers(main);
