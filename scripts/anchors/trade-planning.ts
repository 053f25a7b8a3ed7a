/** Discrete planning instances with proven optima, both objectives of each. */
import type { Judged } from './judge.ts';

interface Instances {
  readonly instances: readonly { readonly id: string }[];
}

/** @param json text of `instances.json` */
export function judgeInstances(json: string): readonly Judged[] {
  const { instances } = JSON.parse(json) as Instances;
  return instances.map(({ id }) => ({
    name: id,
    verdict: 'not supported',
    worst: 0,
    reason: 'no planner',
  }));
}
