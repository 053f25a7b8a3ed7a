/** Time limits of the order engine. All of them are part of the safety argument. */

/** Longest time between storing SUBMITTING and sending the order to the broker. */
export const SUBMIT_WINDOW_MS = 5_000;

/** Longest wait for the broker's answer to an order; after it the outcome is unknown. */
export const SUBMIT_TIMEOUT_MS = 10_000;

/** Longest wait for one query of the broker. */
export const QUERY_TIMEOUT_MS = 3_000;

/**
 * From storing SUBMITTING until "not found" counts. More than window and answer time together, so
 * that no request is still in transit, and 15 s for a broker to show an accepted order.
 */
export const SETTLING_MS = 30_000;

/** Queries that must not find an order, after the settling time, before it counts as absent. */
export const QUERIES_NEEDED = 2;
export const QUERY_SPACING_MS = 5_000;

/** An outcome unknown for longer than this, with failing queries, needs a person. */
export const NEEDS_HUMAN_AFTER_MS = 15 * 60_000;

/** A stored intent older than this was left behind by a crash; it is never sent any more. */
export const INTENT_AGE_MAX_MS = 5 * 60_000;
