/**
 * PROPOSED → APPROVED | REJECTED | EXPIRED | SUPERSEDED; APPROVED → EXECUTING | REJECTED (withdrawn) |
 * EXPIRED | SUPERSEDED; EXECUTING → DONE | SUPERSEDED. RECORDED is a plan that nobody is asked about.
 */
export const proposalStates = [
  'PROPOSED',
  'APPROVED',
  'EXECUTING',
  'DONE',
  'REJECTED',
  'EXPIRED',
  'SUPERSEDED',
  'RECORDED',
] as const;
export type ProposalState = (typeof proposalStates)[number];
