/** Rows of simple policies, each carried out by the replay of the product under the conventions of the row. */
import { parseDay, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { figuresOf, type Figures, type Measure } from '#shared/replay/model/result-figures.ts';
import { UNLIMITED_ORDERS } from '#shared/replay/compared-policies.ts';
import { closesNeeded } from '#shared/replay/model/weights.ts';
import { runReplay, type ReplayRun } from '#shared/replay/run-replay.ts';
import type { ReplayPolicy } from '#shared/replay/replay-policy.ts';
import { pastOf, type Table } from './replay-past.ts';
import { bandOf, depositOf, ruleOf, scheduleOf, sharesOf } from './replay-terms.ts';
import { replayWords } from './replay-words.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
} from '../rows/anchor-row.ts';
import { replayedHandlers } from '../../../functions/gateway/run-replay/replayed-handlers.ts';

export const replayRows: Adapter = {
  category: 'replay',
  words: replayWords,
  operations: [[/^replay of a fixed rule$/, replayed]],
};

async function replayed(row: AnchorRow, files: AnchorFiles): Promise<unknown> {
  const { parameters: p } = row;
  const policy = policyOf(row);
  const { rule, table, window } = groundOf(row, files);
  const past = pastOf(table, {
    shares: policy.shares,
    from: window.from,
    before: closesNeeded(rule),
  });
  const run = await runReplay({
    handlers: replayedHandlers,
    past,
    policy: { ...policy, weights: rule },
    window,
  });
  if (run.days.length !== p['days'])
    throw new NotSupported(`${run.days.length} days of trading, not ${String(p['days'])}`);
  const refusals = run.days.flatMap(({ day, refusals: texts }) => texts.map((t) => `${day} ${t}`));
  if (refusals[0] !== undefined) throw new Error(refusals[0]);
  const figures = figuresOf(run.days, run.capital, measureOf(p, table));
  return figureByName(figures, run, row);
}

function groundOf(row: AnchorRow, files: AnchorFiles) {
  const { parameters: p } = row;
  const assets = p['assets'] as readonly string[];
  const rule = ruleOf(p, assets);
  const table = tableOf(row, files, assets);
  const window = { from: dayIn(table, p['first_day']), to: dayIn(table, p['last_day']) };
  return { rule, table, window };
}

function tableOf(row: AnchorRow, files: AnchorFiles, assets: readonly string[]): Table {
  const { prices, returns } = row.inputs;
  if (typeof prices === 'string') return pricesIn(files.table(prices), assets);
  if (typeof returns === 'string') return fromReturns(files.table(returns), assets);
  throw new NotSupported('neither prices nor returns');
}

function columnsOf(header: readonly string[], assets: readonly string[]): readonly number[] {
  return assets.map((asset) => {
    const column = header.indexOf(asset);
    if (column < 0) throw new NotSupported(`no column ${asset}`);
    return column;
  });
}

function pricesIn(lines: AnchorTable, assets: readonly string[]): Table {
  const [header = [], ...rows] = lines;
  const columns = columnsOf(header, assets);
  const steps = rows.map(([day = '']) => day);
  const isDated = !steps.every((step) => /^T\d+$/.test(step));
  return {
    ...{ assets, isDated, steps },
    days: isDated ? steps.map(isoDay) : weekly(steps.length),
    closes: columns.map((column) => rows.map((row) => numberIn(row[column]))),
  };
}

/** Prices that have these returns, from 100 on; its steps are T0, T1, … */
function fromReturns(lines: AnchorTable, assets: readonly string[]): Table {
  const [header = [], ...rows] = lines;
  const closes = columnsOf(header, assets).map((column) => {
    const path = [100];
    for (const row of rows) path.push((path.at(-1) ?? 0) * (1 + (numberIn(row[column]) ?? 0)));
    return path;
  });
  const steps = Array.from({ length: rows.length + 1 }, (_, i) => `T${i}`);
  return { assets, isDated: false, steps, days: weekly(steps.length), closes };
}

/** Days of steps that the file does not date, a week apart. */
function weekly(count: number): readonly CalendarDay[] {
  const fridays = Array.from({ length: count }, (_, i) => new Date(FIRST_FRIDAY_MS + i * WEEK_MS));
  return fridays.map((date) => parseDay(date.toISOString().slice(0, 10)));
}

type AnchorTable = ReturnType<AnchorFiles['table']>;
const FIRST_FRIDAY_MS = Date.parse('1970-01-02T00:00:00Z');
const WEEK_MS = 7 * 86_400_000;

function numberIn(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text);
}

/** `2004-03-10` or `3/10/2004`. */
function isoDay(text: string): CalendarDay {
  const [, month = '', day = '', year = ''] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) ?? [];
  return parseDay(
    year ? `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` : text.slice(0, 10),
  );
}

function dayIn({ steps, days }: Table, step: unknown): CalendarDay {
  const at = steps.findIndex((one, i) => one === step || days[i] === step);
  const found = days[at];
  if (found === undefined) throw new NotSupported(`no day ${String(step)}`);
  return found;
}

function policyOf({ parameters: p }: AnchorRow): ReplayPolicy {
  const { fixed, ratio } = p['fee'] as { fixed: number; ratio: number };
  const shares = sharesOf(p['shares']);
  if (shares === 'fractional' && (fixed !== 0 || ratio !== 0))
    throw new NotSupported('fractional shares with a fee: the order would leave less than no cash');
  return {
    name: 'anchor',
    weights: { kind: 'equal' },
    schedule: scheduleOf(p),
    band: bandOf(p),
    sells: true,
    shares,
    fill: 'close',
    currency: parseCurrency('XTS'),
    capital: String(p['capital']),
    deposit: depositOf(p),
    market: { publicationLagDays: 0, declaresSplits: true },
    settings: { ...UNLIMITED, FEE_FIXED: String(fixed), FEE_RATIO: String(ratio) },
  };
}

/** The rows know no reserve, spread, slippage or limit. */
const UNLIMITED = {
  CASH_RESERVE_RATIO: '0',
  MINIMUM_ORDER: '0',
  ...UNLIMITED_ORDERS,
  DEPOSIT_MAX: '1000000000000000',
  QUOTE_AGE_DAYS_MAX: '3650',
  HALF_SPREAD_RATIO: '0',
  PAPER_SLIPPAGE_MAX_RATIO: '0',
  PAPER_SPLIT_RATIO: '0',
};

function measureOf(p: AnchorRow['parameters'], { isDated }: Table): Measure {
  return {
    periodsPerYear: p['periods_per_year'] as number,
    years: isDated ? 'calendar' : 'periods',
  };
}

/** Under the names that the row expects. */
function figureByName(figures: Figures, run: ReplayRun, { expected }: AnchorRow): unknown {
  const all: Record<string, unknown> = {
    final_value: figures.finalValue,
    total_return: figures.totalReturn,
    cagr: figures.growthRate,
    annualised_volatility: figures.volatility,
    sharpe: figures.sharpeRatio,
    max_drawdown: figures.maximumDrawdown,
    turnover_one_sided: figures.turnover,
    turnover_per_year: figures.turnoverPerYear,
    orders: figures.orders,
    rebalancings: figures.decisions,
    costs: figures.charges,
    deposits: figures.deposits,
    money_weighted_return: figures.moneyWeightedReturn ?? null,
    final_cash: Number(run.cash),
    final_shares: Object.fromEntries(
      Object.entries(run.shares).map(([symbol, shares]) => [symbol, Number(shares)]),
    ),
  };
  const names = expected !== null && typeof expected === 'object' ? Object.keys(expected) : [];
  return Object.fromEntries(
    names.map((name) => {
      if (!(name in all)) throw new NotSupported(`no figure ${name}`);
      return [name, all[name]];
    }),
  );
}
