/** What an allocation may aim at; the names are the contract's. */
export const objectives = [
  'MINIMUM_VOLATILITY',
  'MAXIMUM_SHARPE',
  'TARGET_RETURN',
  'TARGET_RISK',
  'QUADRATIC_UTILITY',
  'RISK_PARITY',
  'HRP',
  'BLACK_LITTERMAN',
  'MAXIMUM_DIVERSIFICATION',
] as const;

export type Objective = (typeof objectives)[number];
