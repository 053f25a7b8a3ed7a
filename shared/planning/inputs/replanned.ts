/** A past plan made again from its inputs, beside the one that was stored. */
import type { OptimizeAllocationResponse } from '#protos/gen/optimization.ts';
import { optimization } from '#shared/contract/optimization.ts';
import { planning } from '#shared/contract/planning.ts';
import type { WireRequestOf } from '#shared/contract/row.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { answerAllocation } from '#shared/optimization/answer-allocation.ts';
import { loadAllocation, type AllocationRequest } from '#shared/optimization/load-allocation.ts';
import { encode } from '#shared/redis/codec.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { parseRequest } from '#shared/runtime/wire.ts';
import { makePlan } from '../make-plan.ts';
import type { Plan } from '../model/plan.ts';
import { planMessage } from '../plan-message.ts';
import type { PlanRequest } from '../plan-constraints.ts';
import type { InputStore } from './input-store.ts';
import { nothingKept, type Replanned } from './nothing-kept.ts';
import type { PlanInputs } from './plan-inputs.ts';
import { inputGone, recordedDependencies } from './recorded.ts';

/** @returns undefined where nothing of the plan is kept */
export async function replanned(
  store: InputStore,
  id: PlanId,
  present: Dependencies,
): Promise<Replanned | undefined> {
  let buildThen = '';
  try {
    const inputs = await store.find(id);
    if (!inputs) return undefined;
    buildThen = inputs.build;
    const plan = await again(inputs, present);
    const nowJson = encode(plan);
    return {
      ...{ plan: planMessage(plan), buildThen, thenJson: inputs.plan, nowJson, inputGone: '' },
      same: nowJson === inputs.plan,
      targetsMadeAgain: inputs.targetsCanBeMade ?? false,
      differences: differing(JSON.parse(inputs.plan), JSON.parse(nowJson), ''),
    };
  } catch (thrown) {
    const { facts } = Failure.from(thrown);
    if (facts['rule'] !== 'input-gone') throw thrown;
    return { ...nothingKept, buildThen, inputGone: String(facts['input']) };
  }
}

async function again(inputs: PlanInputs, present: Dependencies): Promise<Plan> {
  const request = parseRequest(planning.createPlan, inputs.request) as PlanRequest;
  const dependencies = recordedDependencies(inputs, present);
  const making = makePlan(dependencies, request, inputs.planId, (wireRequest) =>
    inputs.targetsCanBeMade ? targetsAgain(dependencies, wireRequest) : targetsThen(inputs),
  );
  let next = await making.next();
  while (!next.done) next = await making.next();
  return next.value;
}

async function targetsAgain(
  dependencies: Dependencies,
  wireRequest: WireRequestOf<typeof optimization.optimizeAllocation>,
): Promise<OptimizeAllocationResponse> {
  const request = parseRequest(optimization.optimizeAllocation, wireRequest) as AllocationRequest;
  return answerAllocation(await loadAllocation(dependencies, request), request, () => 0);
}

/** Records from before what they follow from was kept. */
function targetsThen({ targets }: PlanInputs): Promise<OptimizeAllocationResponse> {
  if (targets) return Promise.resolve(targets);
  return Promise.reject(inputGone('the target weights'));
}

/** Paths of the values that differ. */
function differing(then: unknown, now: unknown, path: string): string[] {
  if (JSON.stringify(then) === JSON.stringify(now)) return [];
  const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null;
  if (!isTree(then) || !isTree(now)) return [path];
  const names = new Set([...Object.keys(then), ...Object.keys(now)]);
  const of = (tree: object, name: string) => (tree as Record<string, unknown>)[name];
  return [...names].flatMap((name) =>
    differing(of(then, name), of(now, name), path === '' ? name : `${path}.${name}`),
  );
}
