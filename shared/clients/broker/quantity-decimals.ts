/** How finely each broker counts shares: known without a connection, since plans need it as well. */
import type { Settings } from '#shared/process/settings.ts';

/** Decimals of a quantity in an order; 0: whole shares only. */
export const quantityDecimals: Readonly<Record<Settings['broker'], number>> = {
  paper: 9,
  alpaca: 9,
  tradernet: 0,
  'interactive-brokers': 4,
};
