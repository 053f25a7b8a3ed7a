/** How far the system may act alone for an account, from least to most. */
export const trustLevels = ['simulated', 'paper', 'ask', 'within-limits'] as const;
export type TrustLevel = (typeof trustLevels)[number];
