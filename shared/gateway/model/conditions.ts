/**
 * Conditions over time: each is reported once when it has lasted long enough, and once more when it has ended.
 * One that comes and goes is reported at most every 15, 30, 60, … minutes.
 */
export interface Condition {
  /** The same condition has the same name, such as `board-away:trading`. */
  readonly name: string;
  /** How long it lasts before it is reported. */
  readonly forSeconds: number;
}

/** From the beginning of a condition to its end. */
export interface ConditionPeriod {
  readonly sinceMs: number;
  /** Absent while it holds. */
  readonly endedMs?: number | undefined;
  readonly isReported: boolean;
  /** How often it was reported within a day, and when last. */
  readonly reportCount: number;
  readonly lastReportedMs: number;
}

export type ConditionPeriods = Readonly<Record<string, ConditionPeriod>>;

export interface Changed {
  readonly periods: ConditionPeriods;
  /** To be reported now, with the beginning of each. */
  readonly began: ReadonlyMap<string, number>;
  /** Reported before and over now. */
  readonly ended: ReadonlyMap<string, number>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const FLAP_MINUTES = 15;

/** @param isUnknown whether it could not be found out whether the condition holds; one that held goes on then */
export function conditionsAfter(
  before: ConditionPeriods,
  present: readonly Condition[],
  nowMs: number,
  isUnknown: (name: string) => boolean = () => false,
): Changed {
  const periods: Record<string, ConditionPeriod> = {};
  const began = new Map<string, number>();
  const ended = new Map<string, number>();
  for (const { name, forSeconds } of present) {
    const period = ongoing(before[name], nowMs);
    const isDue = !period.isReported && isLongEnough(period, forSeconds, nowMs);
    if (isDue) began.set(name, period.sinceMs);
    periods[name] = isDue ? reportedAt(period, nowMs) : period;
  }
  for (const [name, period] of Object.entries(before)) {
    if (name in periods) continue;
    if (period.endedMs === undefined && isUnknown(name)) {
      periods[name] = period;
      continue;
    }
    if (period.endedMs === undefined && period.isReported) ended.set(name, period.sinceMs);
    const over = { ...period, endedMs: period.endedMs ?? nowMs };
    if (nowMs - over.endedMs < DAY_MS) periods[name] = over;
  }
  return { periods, began, ended };
}

function ongoing(known: ConditionPeriod | undefined, nowMs: number): ConditionPeriod {
  if (known?.endedMs === undefined && known !== undefined) return known;
  const { reportCount = 0, lastReportedMs = 0 } = known ?? {};
  return { sinceMs: nowMs, isReported: false, reportCount, lastReportedMs };
}

function isLongEnough(
  { sinceMs, reportCount, lastReportedMs }: ConditionPeriod,
  forSeconds: number,
  nowMs: number,
) {
  const quietMs =
    reportCount === 0 ? 0 : FLAP_MINUTES * MINUTE_MS * 2 ** Math.min(reportCount - 1, 6);
  return nowMs - sinceMs >= forSeconds * 1_000 && nowMs - lastReportedMs >= quietMs;
}

function reportedAt(period: ConditionPeriod, nowMs: number): ConditionPeriod {
  return {
    ...period,
    isReported: true,
    reportCount: period.reportCount + 1,
    lastReportedMs: nowMs,
  };
}
