/**
 * One server of the comparison, in a process of its own so that its CPU is its own:
 *   bare    grpc-js, decoding, the schema, the handler body, encoding; no endpoint, no facade
 *   facade  our gRPC facade to the function in the same process
 *   http    our gateway over HTTP to the function in the same process
 * The operation is GetPlan, which asks Redis for one document.
 */
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import type { GetPlanRequest, GetPlanResponse } from '#protos/gen/planning.ts';
import { PlanningServiceService } from '#protos/gen/planning.ts';
import { openFacade } from '#gateway/facade/facade.ts';
import { FunctionHost } from '#gateway/runtime/invoke/function-host.ts';
import { Images } from '#gateway/runtime/deployments/runnable-images.ts';
import { inProcessTransport } from '#gateway/runtime/executors/in-process-transport.ts';
import { openRuntime } from '#gateway/runtime/runtime.ts';
import { planning } from '#shared/contract/planning.ts';
import type { Context, Dependencies } from '#shared/runtime/context.ts';
import { silentLog } from '#shared/process/log.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { openDependencies } from '#shared/runtime/dependencies.ts';
import getPlan from '../../functions/planning/get-plan/handler.ts';

export type Variant = 'bare' | 'facade' | 'http';

async function open(variant: Variant): Promise<number> {
  const { name, folder } = planning.getPlan;
  const createdAt = new Date().toISOString();
  const spec = { name, image: name, environment: {}, labels: {}, annotations: {}, secrets: [] };
  const host = new FunctionHost({
    functions: [{ ...spec, createdAt }],
    images: new Images([{ name, folder }]),
    load: () => Promise.resolve(getPlan),
    log: silentLog,
  });
  const transport = inProcessTransport(host, { token: '' });
  const dependencies = await openDependencies(parseSettings(process.env), {
    transport,
    tokens: null,
    log: silentLog,
  });
  host.shareDependencies(dependencies);
  if (variant === 'bare') return openBare(dependencies);
  if (variant === 'facade') {
    const facade = await openFacade({
      access: null,
      portBase: 0,
      functions: dependencies.functions,
      log: silentLog,
    } as never);
    return facade.ports.planning;
  }
  const runtime = await openRuntime({
    host,
    address: '127.0.0.1',
    port: 0,
    credentials: { user: 'admin', password: 'bench' },
    build: dependencies.build,
    log: silentLog,
    tokens: null,
  });
  return runtime.port;
}

function openBare(dependencies: Dependencies): Promise<number> {
  const getPlanOnce = async (wire: GetPlanRequest): Promise<GetPlanResponse> => {
    const request = planning.getPlan.request.parse(wire);
    return getPlan.handlerBody(request, dependencies as unknown as Context);
  };
  const server = new Server();
  server.addService(
    { getPlan: PlanningServiceService.getPlan },
    {
      getPlan: (
        call: ServerUnaryCall<GetPlanRequest, GetPlanResponse>,
        done: sendUnaryData<GetPlanResponse>,
      ) => {
        getPlanOnce(call.request).then(
          (answer) => done(null, answer),
          (thrown: Error) => done(thrown),
        );
      },
    },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

process.on('message', (question) => {
  if (question === 'usage')
    process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() });
});
const port = await open(process.argv[2] as Variant);
process.send?.({ port });
