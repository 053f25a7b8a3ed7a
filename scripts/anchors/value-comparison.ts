/** Compares a computed value with the expected one, and reports the largest deviation. */
import type { Tolerance } from './rows/anchor-row.ts';

export interface ValueComparison {
  readonly passed: boolean;
  /** Largest `abs(got - expected)`; infinite where something is missing or of another kind. */
  readonly worst: number;
  /** Where that is, e.g. `weights.2`. */
  readonly at: string;
}

const EXACT: ValueComparison = { passed: true, worst: 0, at: '' };

export function compare(
  got: unknown,
  expected: unknown,
  tolerance: Tolerance,
  at = '',
): ValueComparison {
  if (typeof expected === 'number' || isInfiniteText(expected))
    return compareNumber(got, Number(expected), tolerance, at);
  if (expected === null) return got === null || Number.isNaN(got) ? EXACT : off(at);
  if (Array.isArray(expected)) return compareList(got, expected, tolerance, at);
  if (typeof expected === 'object')
    return compareRecord(got, expected as Record<string, unknown>, tolerance, at);
  return got === expected ? EXACT : off(at);
}

function compareNumber(
  got: unknown,
  expected: number,
  { abs = 0, rel = 0 }: Tolerance,
  at: string,
): ValueComparison {
  if (typeof got !== 'number' || Number.isNaN(got)) return off(at);
  if (got === expected) return EXACT;
  const worst = Math.abs(got - expected);
  return { passed: Number.isFinite(worst) && worst <= abs + rel * Math.abs(expected), worst, at };
}

function compareList(
  got: unknown,
  expected: readonly unknown[],
  tolerance: Tolerance,
  at: string,
): ValueComparison {
  if (!Array.isArray(got) && !ArrayBuffer.isView(got)) return off(at);
  const list = Array.from(got as ArrayLike<unknown>);
  if (list.length !== expected.length) return off(`${at}.length`);
  return worstOf(expected.map((one, i) => compare(list[i], one, tolerance, join(at, String(i)))));
}

function compareRecord(
  got: unknown,
  expected: Record<string, unknown>,
  tolerance: Tolerance,
  at: string,
): ValueComparison {
  if (typeof got !== 'object' || got === null) return off(at);
  const fields = got as Record<string, unknown>;
  return worstOf(
    Object.entries(expected).map(([name, one]) =>
      compare(fields[name], one, tolerance, join(at, name)),
    ),
  );
}

function worstOf(all: readonly ValueComparison[]): ValueComparison {
  const failed = all.filter(({ passed }) => !passed);
  const among = failed.length > 0 ? failed : all;
  return among.reduce((worst, one) => (one.worst > worst.worst ? one : worst), among[0] ?? EXACT);
}

function isInfiniteText(value: unknown): boolean {
  return value === 'Infinity' || value === '-Infinity';
}

function off(at: string): ValueComparison {
  return { passed: false, worst: Infinity, at };
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}
