/** Brokers whose rules for orders differ between securities: known without a connection, since plans need it as well. */
import type { Settings } from '#shared/process/settings.ts';

export const rulesBySecurity: Readonly<Record<Settings['broker'], boolean>> = {
  paper: false,
  alpaca: true,
  tradernet: false,
  'interactive-brokers': false,
};
