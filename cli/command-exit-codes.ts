/** How a command ends; docs/use/trader.md says the same. */
import type { Failure } from '#shared/kernel/failure.ts';

export const commandExitCodes = {
  ok: 0,
  /** It ran, and what it found is not in order; or it failed. */
  failed: 1,
  /** An argument is wrong, a folder or file is missing, or a rule says no. */
  wrongInput: 2,
  /** Nothing answers. */
  cannotReach: 3,
  /** There is no such plan or security. */
  notThere: 4,
  /** Not confirmed, or blocked by something else. */
  refused: 7,
  /** What `trader status` found. */
  waiting: 10,
  halted: 11,
  degraded: 12,
} as const;

export function exitCodeOf({ code, rule, facts }: Failure): number {
  if (code === 'UNAVAILABLE') return commandExitCodes.cannotReach;
  if (code === 'NOT_FOUND' && String(facts['kind']).startsWith('plan'))
    return commandExitCodes.notThere;
  return rule.actor === 'caller' ? commandExitCodes.wrongInput : commandExitCodes.failed;
}
