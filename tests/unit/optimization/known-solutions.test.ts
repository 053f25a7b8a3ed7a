/**
 * A program that was solved last is answered again only where all of it is the same: whatever changes, the answer is that of
 * solving it anew.
 */
import { Money } from '#shared/kernel/money.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { valueAccount } from '#shared/optimization/model/account.ts';
import {
  noPreference,
  type AllocationPolicy,
  type AllocationPreference,
} from '#shared/optimization/model/allocation-request.ts';
import { optimise, type Optimised } from '#shared/optimization/model/optimise.ts';
import { closesOf, sketchView } from '../../support/markets/market-views.ts';

const SECURITIES = 5;
const DAYS = 130;

const policy: AllocationPolicy = {
  objective: 'QUADRATIC_UTILITY',
  riskAversion: 5,
  cashReserveRatio: 0.02,
  weightMaxRatio: 0.21,
  sectorMaxRatio: 1,
  countryMaxRatio: 1,
};

/** @param last what the last close of the first security is multiplied by */
function viewOf(last = 1) {
  const random = seededRandom('solutions');
  return sketchView(
    Array.from({ length: SECURITIES }, (_, i) => {
      let close = 100;
      const closes = Array.from({ length: DAYS }, () => (close *= 1 + 0.01 * normal(random)));
      if (i === 0) closes[DAYS - 1] = (closes[DAYS - 1] ?? 1) * last;
      return { closes: closesOf(closes), sector: i < 3 ? 'Energy' : 'Utilities' };
    }),
  );
}

function solved(
  preference: Partial<AllocationPreference> = {},
  rules: Partial<AllocationPolicy> = {},
  view = viewOf(),
): Optimised {
  const account = valueAccount(view, [], Money.parse('10000.00', 'EUR'));
  return optimise(view, account, { ...noPreference, ...preference }, { ...policy, ...rules });
}

it('answers the same program as it was solved, also where the request states what the policy says', () => {
  const first = solved();
  expect(first.allocation.status).toBe('optimal');
  const again = solved({ riskAversion: 5, cashReserveRatio: 0.02 });
  expect(again.allocation).toBe(first.allocation);
  expect(again).toEqual(first);
});

it.each<readonly [string, () => Optimised]>([
  ['a price', () => solved({}, {}, viewOf(1.001))],
  ['the risk aversion', () => solved({ riskAversion: 6 })],
  ['a general limit', () => solved({}, { weightMaxRatio: 0.2 })],
  ['a limit of a group', () => solved({ sectorLimits: new Map([['Energy', 0.5]]) })],
  ['the reserve', () => solved({ cashReserveRatio: 0.05 })],
  ['the objective', () => solved({ objective: 'MINIMUM_VOLATILITY' })],
])('solves anew where %s has changed', (_, changed) => {
  const first = solved();
  const other = changed();
  expect(other.allocation.weights).not.toEqual(first.allocation.weights);
  // Solved after something else, and after the same: no bit differs.
  solved({ objective: 'HRP' });
  expect(changed()).toEqual(other);
  expect(solved()).toEqual(first);
});
