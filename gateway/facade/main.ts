/**
 * The gRPC facade as a process of its own, beside a gateway:
 * `node dist/gateway/facade/main.js`.
 */
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { openRoutes } from '#shared/clients/open-routes.ts';
import { openLog } from '#shared/process/log.ts';
import { logRulesOf } from '#shared/process/logging/log-rules.ts';
import type { Environment } from '#shared/process/settings.ts';
import { openTracing } from '#shared/process/tracing/open-tracing.ts';
import { isPublishedOnLoopback, tlsFilesOf } from '#shared/process/tls-settings.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import { readProcessConfig } from '../process-config.ts';
import { runProcess, type Running } from '../run-process.ts';
import { facadeAccessOf } from './access-settings.ts';
import { openFacade } from './facade.ts';

const SETTINGS = [
  'GRPC_HOST',
  'GATEWAY_EXPOSURE',
  'GRPC_PORT_BASE',
  'GRPC_SHARED_PORT',
  'GRPC_REFLECTION',
  'GRPC_LOOPBACK_ACCESS',
  'GRPC_CERTIFICATE_SCOPES',
  'READ_ACCESS',
];

await runProcess('facade', start);

async function start(env: Environment): Promise<Running> {
  const { settings, gatewayUrl, tokens, placement } = await readProcessConfig(env, SETTINGS);
  const tracing = await openTracing('trader-facade', env);
  const log = openLog(logRulesOf(settings)).with({ module: 'facade' });
  const files = tlsFilesOf(settings);
  const tls = files && (await WatchedTls.open(files, { log }));
  const local = httpTransport(gatewayUrl, () => tokens.trade);
  const routes = await openRoutes({ placement, local, settings, log });
  const facade = await openFacade({
    portBase: settings.grpcPortBase,
    sharedPort: settings.grpcSharedPort,
    host: settings.grpcHost,
    publishedOnLoopback: isPublishedOnLoopback(settings),
    reflection: settings.grpcReflection === 'on',
    functions: new FunctionsClient(routes.transport),
    access: facadeAccessOf(settings, tokens),
    tls,
    log,
  });
  return {
    log,
    facts: { gatewayUrl, ports: facade.ports, sharedPort: facade.sharedPort },
    close: async () => {
      await facade.close();
      routes.close();
      tls?.close();
      await tracing.close();
    },
  };
}
