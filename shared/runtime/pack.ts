/**
 * All operations of a service in one function, distinguished by the path: OpenFaaS CE allows 15 functions on
 * a board, and memory is scarce. `/create-plan`, or `?operation=create-plan`, is `planning-create-plan`; a
 * message of a connector, which knows no paths, is routed by its topic.
 */
import { Failure, notFound } from '#shared/kernel/failure.ts';
import { operationAt, pathWithOperation } from '#shared/contract/catalogue.ts';
import type { ServiceName } from '#shared/contract/names.ts';
import type { Operation } from '#shared/contract/row.ts';
import type { FunctionEvent, FunctionHandler } from '#template/function.ts';
import { invoke } from '#template/server.ts';
import type { OperationHandler } from './handle.ts';

/** A handler for each operation of a contract: one that is missing does not compile. */
type HandlersOf<C> = {
  readonly [Rpc in keyof C]: C[Rpc] extends Operation ? OperationHandler<C[Rpc]> : never;
};

export function pack<C extends object>(
  service: ServiceName,
  _contract: C,
  handlers: HandlersOf<C>,
): FunctionHandler {
  const byRpc = new Map(Object.entries(handlers as Record<string, FunctionHandler>));
  const all = [...byRpc.values()];
  const find = (event: FunctionEvent): { handler: FunctionHandler; path: string } | undefined => {
    const called = operationAt(service, pathOf(event));
    const handler = called && byRpc.get(called.operation.rpc);
    return handler && { handler, path: called.path };
  };
  const answer: FunctionHandler = async (event, context) => {
    const found = find(event);
    if (found) return invoke(found.handler, { ...event, path: found.path }, context);
    const failure = notFound('operation', `${service}${event.path}`.slice(0, 100));
    return { status: failure.rule.http, body: failure.toJSON() };
  };
  return Object.assign(answer, {
    ready: async (context: Parameters<FunctionHandler>[1]) => {
      await Promise.all(all.map((handler) => handler.ready?.(context).catch(unlessReadable)));
    },
  });
}

/** On a lost state the function still answers reads, and what says why nothing is traded. */
function unlessReadable(thrown: unknown): void {
  if (!(thrown instanceof Failure) || thrown.facts['rule'] !== 'state-lost') throw thrown;
}

/** A message's topic, `planning.create-plan`, stands for the path where there is none. */
function pathOf({ path: stated, query, headers }: FunctionEvent): string {
  const path = pathWithOperation(stated, query);
  const topic = headers['x-topic'];
  if (path !== '/' || topic === undefined) return path;
  return `/${topic.slice(topic.indexOf('.') + 1)}`;
}
