/** How the program ends; docs/start.md says the same. */
export const programExitCodes = {
  ok: 0,
  /** The cycle of `--once` failed, or an unexpected error occurred. */
  failed: 1,
  /** An argument or a setting is wrong. */
  wrongInput: 2,
  /** Redis, a port or the data folder is unavailable. */
  cannotStart: 3,
  /** With `--once`: the state in Redis was lost, and no cycle was run. */
  stateLost: 4,
  /** Stopped by force, at a second signal. */
  forced: 130,
} as const;
