/** Which conditions of the alert table hold, by the samples of the metrics. */
import { metricTable, type MetricRow, type Sample } from '#shared/contract/metric-table.ts';
import { alertTable, type AlertRow } from './alert-table.ts';

export interface FiringAlert {
  readonly row: AlertRow;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Every sample that meets a condition. @param nowSeconds since 1970 */
export function firing(samples: readonly Sample[], nowSeconds: number): FiringAlert[] {
  return alertTable.flatMap((row) =>
    samples
      .filter((one) => one.name === row.metric && matches(row, one))
      .map(({ labels, value }) => ({ row, labels, value: compared(row, value, nowSeconds) }))
      .filter(({ value }) => meets(row, value)),
  );
}

/** Names of the alerts whose metrics could not be read: whether they fire is not known. */
export function unreadAlerts(samples: readonly Sample[]): ReadonlySet<string> {
  const parts = samples
    .filter(({ name, value }) => name === 'trader_state_part_unread' && value === 1)
    .map(({ labels }) => labels['part']);
  const isUnread = ({ metric }: AlertRow): boolean => {
    const { part }: MetricRow = metricTable[metric];
    return part !== undefined && parts.includes(part);
  };
  return new Set(alertTable.filter(isUnread).map(({ name }) => name));
}

function matches({ labels = {}, except }: AlertRow, { labels: has }: Sample): boolean {
  if (except?.values.includes(has[except.label] ?? '')) return false;
  return Object.entries(labels).every(([name, value]) => has[name] === value);
}

function compared({ of = 'value' }: AlertRow, value: number, now: number): number {
  if (of === 'age') return now - value;
  if (of === 'distance') return Math.abs(value);
  return of === 'time-left' ? value - now : value;
}

function meets({ when, threshold }: AlertRow, value: number): boolean {
  if (when === '>') return value > threshold;
  return when === '<' ? value < threshold : value === threshold;
}
