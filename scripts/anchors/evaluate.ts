/** Computes rows and says how each ended. */
import { Failure } from '#shared/kernel/failure.ts';
import { compare } from './compare.ts';
import { MissingFile } from './files.ts';
import { openRow } from './row-fields.ts';
import { requireAllRead, requireKnownWords } from './row-reader.ts';
import {
  NotSupported,
  type Adapter,
  type AnchorFiles,
  type AnchorRow,
  type Compute,
} from './row.ts';

export type Verdict = 'passed' | 'failed' | 'not supported';

export interface Evaluated {
  readonly name: string;
  readonly verdict: Verdict;
  /** Largest absolute difference; 0 where nothing was computed. */
  readonly worst: number;
  readonly reason: string;
  /** The row that differs by one word only, of a row that must not be answered. */
  readonly twin?: string | undefined;
}

/** What a row can expect in place of a number, and the reason why there is none. */
const ENDINGS = ['not supported', 'refused', 'missing file'] as const;
type Ending = (typeof ENDINGS)[number];

type Outcome =
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: Ending | 'error'; readonly reason: string };

export function evaluate(
  row: AnchorRow,
  adapter: Adapter | undefined,
  files: AnchorFiles,
): Evaluated {
  const ending = ENDINGS.find((one) => one === row.expected);
  const outcome = outcomeOf(
    ending ? { ...row, expected: row.expected_if_ignored ?? null } : row,
    adapter,
    files,
  );
  return { ...verdictOf(row, ending, outcome), ...(row.twin ? { twin: row.twin } : {}) };
}

function outcomeOf(row: AnchorRow, adapter: Adapter | undefined, files: AnchorFiles): Outcome {
  const compute = adapter?.operations.find(([pattern]) => pattern.test(row.operation))?.[1];
  if (!adapter || !compute)
    return { kind: 'not supported', reason: `no operation "${row.operation}"` };
  try {
    return { kind: 'answer', value: computed(row, adapter, compute, files) };
  } catch (thrown) {
    if (thrown instanceof NotSupported) return { kind: 'not supported', reason: thrown.message };
    if (thrown instanceof MissingFile) return { kind: 'missing file', reason: thrown.message };
    const isRefusal =
      thrown instanceof Failure && ['INVALID_REQUEST', 'REFUSED'].includes(thrown.code);
    return { kind: isRefusal ? 'refused' : 'error', reason: String(thrown) };
  }
}

function computed(
  row: AnchorRow,
  { words }: Adapter,
  compute: Compute,
  files: AnchorFiles,
): unknown {
  requireKnownWords(row, words);
  const open = openRow(row);
  const value = compute(open.row, files);
  requireAllRead(open, words);
  return value;
}

function verdictOf(row: AnchorRow, ending: Ending | undefined, outcome: Outcome): Evaluated {
  const { case: name } = row;
  if (ending === undefined && outcome.kind === 'answer') {
    const { passed, worst, at } = compare(outcome.value, row.expected, row.tolerance);
    const reason = passed ? '' : `off by ${worst.toPrecision(3)} at ${at || 'the value'}`;
    return { name, verdict: passed ? 'passed' : 'failed', worst, reason };
  }
  if (ending !== undefined && outcome.kind === ending)
    return { name, verdict: 'passed', worst: 0, reason: outcome.reason };
  if (outcome.kind === 'not supported' && ending !== 'refused')
    return { name, verdict: 'not supported', worst: 0, reason: outcome.reason };
  const got = outcome.kind === 'answer' ? 'it was answered' : outcome.reason;
  const reason = ending === undefined ? got : `not ended as "${ending}": ${got}`;
  return { name, verdict: 'failed', worst: Infinity, reason };
}
