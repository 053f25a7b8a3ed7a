/**
 * The account's activities: read completely once, then only the days that may have changed. Rows
 * appear late (fees, dividends), so the last week is read again each time.
 */
import type { Activity, AlpacaApi } from './alpaca-api.ts';

const TRAILING_MS = 7 * 86_400_000;

export class ActivityHistory {
  private readonly api: AlpacaApi;
  private readonly rows = new Map<string, Activity>();
  private latestMs: number | undefined;

  constructor(api: AlpacaApi) {
    this.api = api;
  }

  /** All rows, oldest first. */
  async read(signal: AbortSignal): Promise<readonly Activity[]> {
    const after = this.latestMs === undefined ? undefined : new Date(this.latestMs - TRAILING_MS);
    const fresh = await this.api.activities(after, signal);
    for (const row of fresh) this.rows.set(row.id, row);
    const times = fresh.map(createdMs).filter((ms) => Number.isFinite(ms));
    this.latestMs = times.reduce<number | undefined>(
      (youngest, ms) => Math.max(youngest ?? ms, ms),
      this.latestMs,
    );
    return [...this.rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

/** Rows without a time are dated at the start of their day. */
function createdMs(row: Activity): number {
  if ('transaction_time' in row) return row.transaction_time;
  return Date.parse(row.created_at ?? row.date.slice(0, 10));
}
