/** Brokers whose rules for orders differ between securities: known without a connection, since plans need it as well. */
import type { Settings } from '#shared/process/settings.ts';

export const rulesBySecurity: ReadonlySet<Settings['broker']> = new Set(['alpaca']);
