/** The list of all operations: seven contracts, in the order of dependence. */
import { gateway } from './gateway.ts';
import { optimization } from './optimization.ts';
import { planning } from './planning.ts';
import { portfolio } from './portfolio.ts';
import { scoring } from './scoring.ts';
import { trading } from './trading.ts';
import { universe } from './universe.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { isServiceName, kebab, type ServiceName } from './names.ts';
import type { Operation } from './row.ts';

const contracts = { universe, portfolio, scoring, optimization, planning, trading, gateway };

export const operations: readonly Operation[] = Object.values(contracts).flatMap(
  (rows) => Object.values(rows) as Operation[],
);

const byName = new Map(operations.map((operation) => [operation.name, operation]));

export function isOperation(name: string): boolean {
  return byName.has(name);
}

/** @throws Failure NOT_FOUND */
export function requireOperation(name: string): Operation {
  const operation = byName.get(name);
  if (!operation) throw notFound('function', name);
  return operation;
}

/** The operation that a call is for, and the rest of the path. */
export interface OperationCall {
  readonly operation: Operation;
  readonly path: string;
}

/**
 * The operation that a call is for. A function is one operation, or it is a packed service, in which
 * the first part of the path names the operation.
 * @param path begins with `/`
 * @returns undefined for a function that is none of ours, or a service's path that names nothing
 */
export function operationAt(functionName: string, path: string): OperationCall | undefined {
  const single = byName.get(functionName);
  if (single) return { operation: single, path };
  if (!isServiceName(functionName)) return undefined;
  const [, first = '', rest = '/'] = /^\/([^/]*)(\/.*)?$/.exec(path) ?? [];
  const operation = byName.get(`${functionName}-${first}`);
  return operation && { operation, path: rest };
}

/**
 * The path of a call of a packed service. `faas-cli invoke` can state a query and no path, so
 * `?operation=create-plan` stands for `/create-plan`.
 */
export function pathWithOperation(path: string, query: URLSearchParams): string {
  const operation = query.get('operation');
  return path === '/' && operation !== null && /^[a-z-]+$/.test(operation) ? `/${operation}` : path;
}

/** Where a packed service has an operation: `planning-create-plan` → `planning/create-plan`. */
export function packedPath({ service, rpc }: Operation): string {
  return `${service}/${kebab(rpc)}`;
}

export function operationsOf(service: ServiceName): readonly Operation[] {
  return operations.filter((operation) => operation.service === service);
}
