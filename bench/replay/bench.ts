/**
 * npm run bench -- replay
 *
 * Replays equal weights over 20 securities through the handlers of production, and the same weights by bt. bt
 * moves weights in a table: it knows no order checks, no ledger, no broker and no bookings. Both sides run in
 * their own process and take the time of a whole run; turns alternate. Read the time of a decision.
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
import { replayedHandlers } from '../../functions/gateway/run-replay/replayed-handlers.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const SECURITIES = 20;
const DAYS = 1_000;
const schedules = ['month', 'daily'] as const;

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

async function main(python: PythonPeers): Promise<void> {
  const panel = panelOf(SECURITIES, DAYS);
  const past = pastOf(panel);
  console.log(`${SECURITIES} securities, ${DAYS} days: ${panel.says}`);
  await python.load({ prices: [Float64Array.from(panel.days), ...panel.returns.map(pricesOf)] });
  const rows: Record<string, object> = {};
  for (const schedule of schedules) {
    const [own, its] = [[] as number[], [] as number[]];
    let last = { decisions: 1, orders: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const run = await ours(past, panel, schedule);
      last = run;
      own.push(run.ms);
      its.push((await python.time('bt equal weights', { schedule }, 0)).ms);
    }
    const what = schedule === 'month' ? 'monthly' : 'daily';
    figure(`replay: ${what} decision, bt / ours`, ratios(its, own));
    const [a, b] = [median(own) / last.decisions, median(its) / last.decisions];
    rows[schedule] = {
      decisions: last.decisions,
      orders: last.orders,
      'ours, ms of CPU a decision': a.toFixed(1),
      'bt, ms a decision': b.toFixed(1),
      'bt / ours': (b / a).toFixed(2),
    };
  }
  console.table(rows);
}

await withPeers(main);
