/** How a command ends; docs/trader.md says the same. */
import type { Failure } from '#shared/kernel/failure.ts';

export const exitCodes = {
  ok: 0,
  /** It ran, and what it found is not in order; or it failed. */
  failed: 1,
  /** An argument is wrong, a folder or file is missing, or a rule says no. */
  wrongInput: 2,
} as const;

export function exitCodeOf({ rule }: Failure): number {
  return rule.actor === 'caller' ? exitCodes.wrongInput : exitCodes.failed;
}
