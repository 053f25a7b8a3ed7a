/** Computes rows and says how each ended. */
import { Failure } from '#shared/kernel/failure.ts';
import { compare } from './value-comparison.ts';
import { MissingFile } from './files.ts';
import { openRow } from './rows/row-fields.ts';
import { requireAllRead, requireKnownWords } from './rows/row-reader.ts';
import { NotSupported, type Adapter, type AnchorFiles, type AnchorRow } from './rows/anchor-row.ts';

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

/** @internal exported for its tests; folders are evaluated with `evaluateLater` */
export function evaluate(
  row: AnchorRow,
  adapter: Adapter | undefined,
  files: AnchorFiles,
): Evaluated {
  const asked = askedOf(row);
  return verdictWithTwin(
    row,
    outcomeOf(() => computed(asked, adapter, files)),
  );
}

/** The same, of rows whose computation takes its time. */
export async function evaluateLater(
  row: AnchorRow,
  adapter: Adapter | undefined,
  files: AnchorFiles,
): Promise<Evaluated> {
  const asked = askedOf(row);
  const value = await Promise.resolve()
    .then(() => computedLater(asked, adapter, files))
    .then(
      (found) => () => found,
      (thrown: unknown) => (): unknown => {
        throw thrown;
      },
    );
  return verdictWithTwin(row, outcomeOf(value));
}

function endingOf({ expected }: AnchorRow): Ending | undefined {
  return ENDINGS.find((one) => one === expected);
}

function askedOf(row: AnchorRow): AnchorRow {
  return endingOf(row) ? { ...row, expected: row.expected_if_ignored ?? null } : row;
}

function verdictWithTwin(row: AnchorRow, outcome: Outcome): Evaluated {
  return { ...verdictOf(row, endingOf(row), outcome), ...(row.twin ? { twin: row.twin } : {}) };
}

function outcomeOf(compute: () => unknown): Outcome {
  try {
    return { kind: 'answer', value: compute() };
  } catch (thrown) {
    if (thrown instanceof NotSupported) return { kind: 'not supported', reason: thrown.message };
    if (thrown instanceof MissingFile) return { kind: 'missing file', reason: thrown.message };
    const isRefusal =
      thrown instanceof Failure && ['INVALID_REQUEST', 'REFUSED'].includes(thrown.code);
    return { kind: isRefusal ? 'refused' : 'error', reason: String(thrown) };
  }
}

function computationOf({ operation }: AnchorRow, adapter: Adapter | undefined) {
  const compute = adapter?.operations.find(([pattern]) => pattern.test(operation))?.[1];
  if (!adapter || !compute) throw new NotSupported(`no operation "${operation}"`);
  return { compute, words: adapter.words };
}

function computed(row: AnchorRow, adapter: Adapter | undefined, files: AnchorFiles): unknown {
  const { compute, words } = computationOf(row, adapter);
  requireKnownWords(row, words);
  const open = openRow(row);
  const value = compute(open.row, files);
  requireAllRead(open, words);
  return value;
}

async function computedLater(
  row: AnchorRow,
  adapter: Adapter | undefined,
  files: AnchorFiles,
): Promise<unknown> {
  const { compute, words } = computationOf(row, adapter);
  requireKnownWords(row, words);
  const open = openRow(row);
  const value = await compute(open.row, files);
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
