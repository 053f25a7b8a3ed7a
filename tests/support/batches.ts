/** Long seeded runs in batches: each has the seed SEED-FIRST, so that any batch can be run again by itself. */

export interface Batches {
  readonly seed: string;
  /** First round; a multiple of `size`. */
  readonly from: number;
  readonly rounds: number;
  readonly size: number;
}

export interface BatchSum {
  readonly rounds: number;
  /** Sums of every number of the reports. */
  readonly counts: Readonly<Record<string, number>>;
  readonly byFault: Readonly<Record<string, number>>;
  readonly secondsUntilTrading: { readonly median: number; readonly largest: number };
  readonly slow: readonly string[];
  /** Calls in vain of each round, where they are counted. */
  readonly attempts?: { readonly median: number; readonly largest: number };
}

interface Report {
  readonly attempts?: readonly number[];
  readonly secondsUntilTrading: readonly number[];
  readonly byFault?: Readonly<Record<string, number>>;
  readonly slow?: readonly string[];
}

export async function runBatches(
  { seed, from, rounds, size }: Batches,
  run: (batch: { readonly seed: string; readonly rounds: number }) => Promise<Report>,
): Promise<BatchSum> {
  const reports: Report[] = [];
  for (let first = from; first < from + rounds; first += size) {
    const batch = { seed: `${seed}-${first}`, rounds: Math.min(size, from + rounds - first) };
    const report = await run(batch);
    console.log(JSON.stringify({ batch, ...report }));
    reports.push(report);
  }
  const sum = sumOf(reports);
  console.log(JSON.stringify({ seed, from, ...sum }));
  return sum;
}

function sumOf(reports: readonly Report[]): BatchSum {
  const seconds = reports.flatMap((one) => one.secondsUntilTrading);
  const attempts = reports.flatMap((one) => one.attempts ?? []);
  return {
    rounds: seconds.length,
    counts: added(reports.map((report) => ({ ...report }))),
    byFault: added(reports.map((report) => report.byFault ?? {})),
    secondsUntilTrading: spread(seconds),
    slow: reports.flatMap((report) => report.slow ?? []),
    ...(attempts.length > 0 && { attempts: spread(attempts) }),
  };
}

function spread(values: readonly number[]): { readonly median: number; readonly largest: number } {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, largest: sorted.at(-1) ?? 0 };
}

function added(records: readonly Readonly<Record<string, unknown>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, value] of records.flatMap((record) => Object.entries(record)))
    if (typeof value === 'number') sums[name] = (sums[name] ?? 0) + value;
  return sums;
}
