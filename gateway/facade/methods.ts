/** A service's rpcs from its definition: each is the operation of the same name. */
import { status } from '@grpc/grpc-js';
import type {
  MethodDefinition,
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { once } from 'node:events';
import type { CallOptions, FunctionsClient } from '#shared/clients/functions-client.ts';
import { headerText } from '#shared/clients/header-text.ts';
import { serviceHealth } from '#shared/clients/service-health.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { refusalCodes } from '#shared/runtime/audit/refusal-limit.ts';
import { instantOf, toTimestamp } from '#shared/kernel/instant.ts';
import { requireOperation } from '#shared/contract/catalogue.ts';
import { functionName, type ServiceName } from '#shared/contract/names.ts';
import { BUILD } from '#shared/process/build-version.ts';
import type { Log } from '#shared/process/log.ts';
import { inSpan, isTracing, type SpanOptions } from '#shared/process/tracing/tracing.ts';
import { traceFacts } from '#shared/runtime/traceparent.ts';
import type { CallCounts } from './call-counts.ts';
import { FacadeCall, type AnyCall, type Called } from './call.ts';
import { actorOf, callerToken, requireCallerAccess, type FacadeAccess } from './caller-access.ts';
import type { OpenCalls } from './open-calls.ts';
import { InProtobuf, type Encode } from './protobuf-exchange.ts';
import { requireReadable, type FacadeRequest, type RequestReader } from './read-request.ts';
import type { Refusals } from './refusals.ts';
import { services } from './services.ts';
import { grpcStatusOf, type StatusError } from './failure-status.ts';

export interface FunctionEnvironment {
  readonly functions: FunctionsClient;
  readonly log: Log;
  readonly reader: RequestReader;
  /** Access control; null: open to all. */
  readonly access: FacadeAccess | null;
  /** The calls in flight. */
  readonly open: OpenCalls;
  readonly refusals: Refusals;
  readonly calls: CallCounts | undefined;
}

export interface Service {
  readonly definition: ServiceDefinition<UntypedServiceImplementation>;
  readonly methods: UntypedServiceImplementation;
}

const HEALTH_CHECK: Called = {
  name: 'health-check',
  effect: 'reads',
  queue: null,
  timeoutMs: 10_000,
  streams: false,
};

export function serviceOf(name: ServiceName, around: FunctionEnvironment): Service {
  const definition: Record<string, MethodDefinition<unknown, Buffer>> = {};
  const methods: UntypedServiceImplementation = {};
  for (const [rpc, method] of Object.entries(services[name])) {
    const requestDeserialize = around.reader.of(method.path, method.requestDeserialize);
    // Encoded here, where a failure of the encoder is caught and reported.
    definition[rpc] = {
      ...method,
      requestDeserialize,
      responseSerialize: (bytes: Buffer) => bytes,
    };
    methods[rpc] = methodOf(name, rpc, method.responseSerialize, around);
  }
  return { definition, methods };
}

/** Status codes that are errors of a server, by the semantic conventions of gRPC. */
const SERVER_ERRORS: ReadonlySet<number> = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** Of calls that were not let in; others ended before it was decided, or found something away. */
const REFUSALS: readonly string[] = [...refusalCodes, 'TOO_LARGE'];

function methodOf(
  service: ServiceName,
  rpc: string,
  encode: Encode,
  around: FunctionEnvironment,
): UntypedHandleCall {
  const { functions } = around;
  if (rpc === 'healthCheck')
    return unary(HEALTH_CHECK, around, async (_request, options) =>
      encode(await healthOf(service, functions, options)),
    );
  const operation = requireOperation(functionName(service, rpc));
  const method = { name: operation.name, encode, takesProtobuf: false };
  if (operation.streams)
    return streaming(operation, around, (request, options) =>
      functions.exchangeEach(operation, new InProtobuf(method, request), options),
    );
  return unary(operation, around, (request, options) =>
    functions.exchange(operation, new InProtobuf(method, request), options),
  );
}

async function healthOf(service: ServiceName, functions: FunctionsClient, options: CallOptions) {
  const { healthy, status } = await serviceHealth(functions, service, options);
  return { healthy, status, version: BUILD };
}

function unary(
  operation: Called,
  around: FunctionEnvironment,
  work: (request: FacadeRequest, options: CallOptions) => Promise<Buffer>,
): UntypedHandleCall {
  return (call: ServerUnaryCall<unknown, Buffer>, answer: sendUnaryData<Buffer>): void => {
    hold(call, operation, around, async (held, request) => {
      const bytes = await work(request, held.options);
      held.sendIds();
      answer(null, bytes, held.trailer());
    }).then((refusal) => refusal && answer(refusal), noop);
  };
}

function streaming(
  operation: Called,
  around: FunctionEnvironment,
  work: (request: FacadeRequest, options: CallOptions) => AsyncGenerator<Buffer>,
): UntypedHandleCall {
  return (call: ServerWritableStream<unknown, Buffer>): void => {
    hold(call, operation, around, async ({ options }, request) => {
      for await (const message of work(request, options))
        await write(call, message, options.signal);
    }).then((refusal) => (refusal ? call.emit('error', refusal) : call.end()), noop);
  };
}

/** Waits while the client reads slowly: what is not read yet stays with the function. */
async function write(
  call: ServerWritableStream<unknown, Buffer>,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (call.write(bytes)) return;
  await once(call, 'drain', { signal }).catch((thrown: unknown) => {
    signal.throwIfAborted();
    throw thrown;
  });
}

type Work = (call: FacadeCall, request: FacadeRequest) => Promise<void>;

/** Runs the work of a call. @returns what the call fails with */
function hold(
  grpc: AnyCall,
  operation: Called,
  around: FunctionEnvironment,
  work: Work,
): Promise<StatusError | undefined> {
  const call = new FacadeCall(grpc, operation);
  if (!isTracing()) return holdOpen(grpc, call, operation, around, work);
  const path = grpc.getPath().slice(1);
  return inSpan(
    path,
    () => spanOf(path, call),
    async (span) => {
      if (span) call.tracedAs(span.traceparent);
      const refusal = await holdOpen(grpc, call, operation, around, work);
      span?.set({ 'rpc.grpc.status_code': refusal?.code ?? 0 });
      if (refusal && SERVER_ERRORS.has(refusal.code)) span?.fail(String(refusal.code));
      return refusal;
    },
    call.options.traceparent,
  );
}

/** `trader.PlanningService/GetPlan` in the semantic conventions. */
function spanOf(path: string, { requestId }: FacadeCall): SpanOptions {
  const [service, method] = path.split('/');
  return {
    kind: 'server',
    attributes: {
      'rpc.system': 'grpc',
      'rpc.service': service,
      'rpc.method': method,
      'trader.request_id': requestId,
    },
  };
}

async function holdOpen(
  grpc: AnyCall,
  call: FacadeCall,
  operation: Called,
  { open, log, access, refusals, calls }: FunctionEnvironment,
  work: Work,
): Promise<StatusError | undefined> {
  open.add(call);
  let isLetIn = false;
  let code: number = status.OK;
  try {
    call.requireMetadata();
    if (operation !== HEALTH_CHECK) requireCallerAccess(operation.effect, grpc, access);
    if (operation.effect !== 'reads') call.actsFor(actorOf(grpc, access));
    await call.requireWaiting();
    const request = requireReadable(grpc.request);
    isLetIn = true;
    await work(call, request);
    return undefined;
  } catch (thrown) {
    call.sendIds();
    const failure = Failure.from(thrown);
    const { effect, name } = operation;
    if (!isLetIn && effect !== 'reads' && REFUSALS.includes(failure.code))
      refusals.add(grpc.getPeer(), {
        ...{ at: toTimestamp(instantOf(Date.now())), operation: name },
        ...{ who: headerText(actorOf(grpc, access)), token: callerToken(grpc, access) },
        ...{ requestId: call.requestId, failureCode: failure.code, count: 0 },
      });
    if (!(thrown instanceof Failure) && failure.code === 'BUG')
      log.error('facade-call-failed', {
        callId: call.requestId,
        ...traceFacts({ traceparent: call.options.traceparent }),
        path: grpc.getPath(),
        cause: thrown,
      });
    const refusal = grpcStatusOf(failure, call.requestId);
    code = refusal.code;
    return refusal;
  } finally {
    calls?.ended(grpc.getPath().slice(1), code);
    open.remove(call);
    call.end();
  }
}

/** A call that has ended meanwhile is not answered. */
function noop(): void {}
