/** Binds the body of a handler to its row: every call goes through the same middleware (`call/call.ts`). */
import type {
  FunctionContext,
  FunctionEvent,
  FunctionHandler,
  FunctionResult,
} from '#template/function.ts';
import type { Operation, RequestOf, ResponseOf } from '#shared/contract/row.ts';
import { Call, type AnyHandlerBody } from './call/call.ts';
import type { Context, Dependencies } from './context.ts';
import { ambientDependencies } from './dependencies.ts';
import { CallTurns } from './idempotency/call-turns.ts';
import { initializationFailure } from './initialization-failure.ts';
import { requireReady } from './readiness.ts';

/** The body of an operation's handler: a promise of the answer, or the messages it streams. */
export type HandlerBody<O extends Operation> = O['streams'] extends true
  ? (request: RequestOf<O>, context: Context) => AsyncGenerator<ResponseOf<O>>
  : (request: RequestOf<O>, context: Context) => Promise<ResponseOf<O>>;

export interface OperationHandler<O extends Operation = Operation> extends FunctionHandler {
  readonly operation: O;
  /** The handler body without its endpoint, for measuring the endpoint's overhead. */
  readonly handlerBody: HandlerBody<O>;
}

/** Binds a handler body to its row; the result is what a function file exports. */
export function handle<O extends Operation>(
  operation: O,
  handlerBody: HandlerBody<O>,
): OperationHandler<O> {
  const turns = new CallTurns();
  const handler = async (
    event: FunctionEvent,
    functionContext: FunctionContext,
  ): Promise<FunctionResult> => {
    const { shared } = functionContext;
    const opened = shared as Dependencies | undefined;
    // Usually they are open, and then a call does not wait at all.
    const dependencies =
      opened && !opened.marketData.refresh
        ? opened
        : await dependenciesOf(functionContext).catch((thrown: unknown) => ({ thrown }));
    if ('thrown' in dependencies)
      return initializationFailure(operation, functionContext, dependencies.thrown);
    const call = new Call(
      operation,
      handlerBody as unknown as AnyHandlerBody,
      event,
      functionContext,
      dependencies,
      turns,
    );
    return call.answer();
  };
  const ready = async (functionContext: FunctionContext): Promise<void> => {
    await requireReady(operation, await dependenciesOf(functionContext), functionContext.signal);
  };
  return Object.assign(handler, { operation, ready, handlerBody });
}

async function dependenciesOf(functionContext: FunctionContext): Promise<Dependencies> {
  const { shared } = functionContext;
  const dependencies = shared ? (shared as Dependencies) : await ambientDependencies();
  if (dependencies.marketData.refresh) await dependencies.marketData.refresh();
  return dependencies;
}
