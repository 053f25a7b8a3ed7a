/** What Replan answers of a plan, and what it does where nothing of it is kept. */
import type { ReplanResponse } from '#protos/gen/planning.ts';

export type Replanned = Pick<
  ReplanResponse,
  | 'plan'
  | 'same'
  | 'differences'
  | 'inputGone'
  | 'buildThen'
  | 'thenJson'
  | 'nowJson'
  | 'targetsMadeAgain'
>;

/** Of a plan whose inputs are not kept. */
export const nothingKept: Replanned = {
  ...{ plan: undefined, same: false, differences: [], inputGone: '' },
  ...{ buildThen: '', thenJson: '', nowJson: '', targetsMadeAgain: false },
};
