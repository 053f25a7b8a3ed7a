/** What must not compile; the types step of the checks reads the marks below. */
import type { PlanningServiceService } from '#protos/gen/planning.ts';
import { int32, limit, offset, request, requiredText, text } from '#shared/contract/fields.ts';
import { contract, usual } from '#shared/contract/row.ts';
import { planning } from '#shared/contract/planning.ts';
import { handle } from '#shared/runtime/handle.ts';

const { getBestResult, ...others } = planning;
const { createPlan, getPlan, listPlans } = planning;
const rows = { ...others, getBestResult };
const declare = contract<typeof PlanningServiceService>();

test('rows that fit compile', () => {
  expect(Object.keys(declare('planning', rows))).toHaveLength(Object.keys(planning).length);
});

test('rows that do not fit their rpc are refused by the types', () => {
  // @ts-expect-error a row is missing
  declare('planning', others);
  // @ts-expect-error there is no such rpc
  declare('planning', { ...rows, burnPlan: getPlan });
  const short = { ...listPlans, request: request({ limit, offset }) };
  // @ts-expect-error a field of the request is missing
  declare('planning', { ...rows, listPlans: short });
  // @ts-expect-error the rpc streams
  declare('planning', { ...rows, createPlan: { ...createPlan, streams: false } });
  // @ts-expect-error HealthCheck has no row
  declare('planning', { ...rows, healthCheck: getPlan });
  expect(usual.read.streams).toBe(false);
});

test('a handler that answers another message is refused by the types', () => {
  // @ts-expect-error GetPlan answers found and plan
  handle(getPlan, async () => ({ plans: [], total: 0 }));
  // @ts-expect-error a unary operation does not stream
  handle(getPlan, async function* () {
    yield { found: false, plan: undefined };
  });
  // @ts-expect-error the request has no such field
  handle(getPlan, async ({ portfolioHash }) => ({
    found: Boolean(portfolioHash),
    plan: undefined,
  }));
  const extra = { planId: requiredText(128), note: text(), count: int32() };
  expect(Object.keys(request(extra).shape)).toContain('note');
});
