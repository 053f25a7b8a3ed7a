/** Brokers whose statements say which lots a sale closed: known without a connection, since plans need it as well. */
import type { Settings } from '#shared/process/settings.ts';

export const reportsClosedLots: ReadonlySet<Settings['broker']> = new Set(['interactive-brokers']);
