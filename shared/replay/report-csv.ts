/** Every day of every run, for a spreadsheet. */
import type { RunToReport } from './model/replay-report.ts';

const HEADER = 'run,day,value,cash,deposit,traded,charges,orders,decided,tax';

export function daysCsv(runs: readonly RunToReport[]): string {
  const lines = runs.flatMap(({ name, days }) =>
    days.map((one) =>
      [
        quoted(name),
        ...[one.day, one.value, one.cash, one.deposit, one.traded, one.charges],
        ...[one.orders, one.decided, one.tax ?? 0],
      ].join(','),
    ),
  );
  return `${[HEADER, ...lines].join('\n')}\n`;
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
