/** Internal rate of return of dated amounts (XIRR): the yearly rate at which they are worth nothing. */
import { daysBetween, type CalendarDay } from '#shared/kernel/calendar-day.ts';

export interface DatedAmount {
  readonly day: CalendarDay;
  readonly amount: number;
}

const DAYS_A_YEAR = 365;
/** Continuous rates searched: from -99.9999 % to a millionfold a year. */
const RATE_MAX = Math.log(1e6);
const HALVINGS = 100;
/** Two roots closer than this are one. */
const WIDTH_MIN = 1e-12;
/** Intervals examined on one side of zero; of flows that need more no root is stated. */
const INTERVALS_MAX = 100_000;
/** Share of the amounts' worth that rounding may leave at a root. */
const ROUNDING = 1e-14;
/** Exponents beyond this would overflow. */
const EXPONENT_MAX = 700;

interface Flow {
  readonly amount: number;
  /** From the day around which the signs first change. */
  readonly years: number;
}

/**
 * Solves sum(amount x (1 + rate)^(-days/365)) = 0. Of several roots the one nearest to zero is taken,
 * measured in the rate itself. Intervals of continuous rates are searched outward from zero and
 * halved until bounds of the worth, or of its slope, show that there is no root or one in them
 * (Moore, "Interval Analysis", 1966), so that a pair of close roots is not passed over.
 *
 * @param options.daysAYear 365 where absent, as in spreadsheets (actual/365)
 * @returns a fraction; undefined where no rate in range, or every rate, is a root: without amounts of
 * both signs, or with all of them on one day
 */
export function internalRate(
  amounts: readonly DatedAmount[],
  { daysAYear = DAYS_A_YEAR } = {},
): number | undefined {
  const flows = flowsOf(amounts, daysAYear);
  if (!flows.some(({ amount }) => amount > 0) || !flows.some(({ amount }) => amount < 0))
    return undefined;
  const roots = [RATE_MAX, -RATE_MAX].flatMap((end) => rootOutward(flows, end) ?? []);
  const rates = roots.map(Math.expm1).sort((a, b) => Math.abs(a) - Math.abs(b));
  return rates[0];
}

/** One flow a day, without those that come to nothing. */
function flowsOf(amounts: readonly DatedAmount[], daysAYear: number): readonly Flow[] {
  const byDay = new Map<CalendarDay, number>();
  for (const { day, amount } of amounts) byDay.set(day, (byDay.get(day) ?? 0) + amount);
  const days = [...byDay].filter(([, amount]) => amount !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  const turn = days.findIndex(([, amount], i) => amount * (days[i + 1]?.[1] ?? amount) < 0);
  const origin = days[Math.max(0, turn)]?.[0];
  if (origin === undefined) return [];
  return days.map(([day, amount]) => ({ amount, years: daysBetween(origin, day) / daysAYear }));
}

/** The root between 0 and `end` that is nearest to 0. */
function rootOutward(flows: readonly Flow[], end: number): number | undefined {
  const open: [near: number, far: number][] = [[0, end]];
  for (let visited = 0; visited < INTERVALS_MAX; visited += 1) {
    const interval = open.pop();
    if (!interval) return undefined;
    const [near, far] = interval;
    const { excluded, monotone } = boundsOver(flows, Math.min(near, far), Math.max(near, far));
    if (excluded) continue;
    if (monotone && isRoot(flows, near)) return near;
    if (monotone && worth(flows, near) * worth(flows, far) <= 0) return halved(flows, near, far);
    if (monotone) continue;
    const middle = (near + far) / 2;
    if (Math.abs(far - near) > WIDTH_MIN) open.push([middle, far], [near, middle]);
    else if (isRoot(flows, middle)) return middle;
  }
  return undefined;
}

/** Whether no rate between `low` and `high` is a root, and whether the worth only rises or falls there. */
function boundsOver(flows: readonly Flow[], low: number, high: number) {
  let [least, most, leastSlope, mostSlope] = [0, 0, 0, 0];
  for (const { amount, years } of flows) {
    const [atLow, atHigh] = [discount(low, years), discount(high, years)];
    least += Math.min(amount * atLow, amount * atHigh);
    most += Math.max(amount * atLow, amount * atHigh);
    leastSlope -= Math.max(amount * years * atLow, amount * years * atHigh);
    mostSlope -= Math.min(amount * years * atLow, amount * years * atHigh);
  }
  return { excluded: least > 0 || most < 0, monotone: leastSlope >= 0 || mostSlope <= 0 };
}

function discount(rate: number, years: number): number {
  return Math.exp(Math.min(EXPONENT_MAX, -rate * years));
}

function worth(flows: readonly Flow[], rate: number): number {
  return flows.reduce((sum, { amount, years }) => sum + amount * discount(rate, years), 0);
}

function isRoot(flows: readonly Flow[], rate: number): boolean {
  const scale = flows.reduce(
    (sum, flow) => sum + Math.abs(flow.amount) * discount(rate, flow.years),
    0,
  );
  return Math.abs(worth(flows, rate)) <= ROUNDING * scale;
}

function halved(flows: readonly Flow[], from: number, to: number): number {
  let [low, high] = [from, to];
  const rising = worth(flows, low) < worth(flows, high);
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (low + high) / 2;
    if (worth(flows, middle) < 0 === rising) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
