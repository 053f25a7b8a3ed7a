import { Failure } from './failure.ts';

/** States a rule that must hold; a breach is a BUG. Write the rule, not its breach. */
export function assert(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new Failure('BUG', `Invariant: ${rule}`);
}

/** The value, where a rule of the program says that there is one. */
export function present<T>(value: T | undefined | null, rule: string): T {
  assert(value !== undefined && value !== null, rule);
  return value;
}
