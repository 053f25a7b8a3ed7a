/** The list of all operations: seven contracts, in the order of dependence. */
import { gateway } from '#shared/gateway/contract.ts';
import { optimization } from '#shared/optimization/contract.ts';
import { planning } from '#shared/planning/contract.ts';
import { portfolio } from '#shared/portfolio/contract.ts';
import { scoring } from '#shared/scoring/contract.ts';
import { trading } from '#shared/trading/contract.ts';
import { universe } from '#shared/universe/contract.ts';
import { notFound } from '#shared/kernel/failure.ts';
import type { ServiceName } from './names.ts';
import type { Operation } from './row.ts';

const contracts = { universe, portfolio, scoring, optimization, planning, trading, gateway };

export const operations: readonly Operation[] = Object.values(contracts).flatMap(
  (rows) => Object.values(rows) as Operation[],
);

const byName = new Map(operations.map((operation) => [operation.name, operation]));

/** @throws Failure NOT_FOUND */
export function requireOperation(name: string): Operation {
  const operation = byName.get(name);
  if (!operation) throw notFound('function', name);
  return operation;
}

export function operationsOf(service: ServiceName): readonly Operation[] {
  return operations.filter((operation) => operation.service === service);
}
