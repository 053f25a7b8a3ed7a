/** Computes rows and says how each ended. */
import { compare } from './compare.ts';
import { NotSupported, type Adapter, type AnchorFiles, type AnchorRow } from './row.ts';

export type Verdict = 'passed' | 'failed' | 'not supported';

export interface Judged {
  readonly name: string;
  readonly verdict: Verdict;
  /** Largest absolute difference; 0 where nothing was computed. */
  readonly worst: number;
  readonly reason: string;
}

export function judge(row: AnchorRow, adapter: Adapter | undefined, files: AnchorFiles): Judged {
  const compute = adapter?.operations.find(([pattern]) => pattern.test(row.operation))?.[1];
  if (!compute) return unsupported(row, `no operation "${row.operation}"`);
  try {
    const { passed, worst, at } = compare(compute(row, files), row.expected, row.tolerance);
    const reason = passed ? '' : `off by ${worst.toPrecision(3)} at ${at || 'the value'}`;
    return { name: row.case, verdict: passed ? 'passed' : 'failed', worst, reason };
  } catch (thrown) {
    if (thrown instanceof NotSupported) return unsupported(row, thrown.message);
    return { name: row.case, verdict: 'failed', worst: Infinity, reason: String(thrown) };
  }
}

function unsupported({ case: name }: AnchorRow, reason: string): Judged {
  return { name, verdict: 'not supported', worst: 0, reason };
}
