/**
 * The gRPC facade as a process of its own, beside a gateway:
 * `node dist/gateway/facade/main.js`.
 */
import { listen } from '#gateway/runtime/http/listen.ts';
import { breakerExposition } from '#gateway/runtime/observe/breaker-exposition.ts';
import { certificateExposition } from '#gateway/runtime/observe/certificate-exposition.ts';
import { metricsEndpoint } from '#gateway/runtime/observe/metrics-endpoint.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { openRoutes } from '#shared/clients/open-routes.ts';
import { openLog } from '#shared/process/log.ts';
import { logRulesOf } from '#shared/process/logging/log-rules.ts';
import type { Environment } from '#shared/process/settings.ts';
import { boardOf } from '#shared/placement/placement.ts';
import { openTracing } from '#shared/process/tracing/open-tracing.ts';
import { isPublishedOnLoopback, tlsFilesOf } from '#shared/process/tls-settings.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import { readProcessConfig } from '../process-config.ts';
import { runProcess, type Running } from '../run-process.ts';
import { facadeAccessOf } from './access-settings.ts';
import { CallCounts } from './call-counts.ts';
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
  'FACADE_METRICS_PORT',
  'FACADE_METRICS_HOST',
];
/** A scrape that is under way may end. */
const SCRAPE_GRACE_MS = 200;

await runProcess('facade', start);

async function start(env: Environment): Promise<Running> {
  const { settings, gatewayUrl, tokens, placement } = await readProcessConfig(env, SETTINGS);
  const tracing = await openTracing('trader-facade', env, boardOf(placement));
  const log = openLog(logRulesOf(settings)).with({ module: 'facade' });
  const files = tlsFilesOf(settings);
  const tls = files && (await WatchedTls.open(files, { log }));
  const local = httpTransport(gatewayUrl, () => tokens.trade);
  const routes = await openRoutes({ placement, local, settings, log });
  const calls = new CallCounts();
  const sources = [() => calls.text(), breakerExposition(routes.breakers)];
  if (files) sources.push(certificateExposition(files, placement.device));
  const { facadeMetricsPort: port, facadeMetricsHost: address } = settings;
  const portSetting = 'FACADE_METRICS_PORT';
  const metrics =
    port === undefined
      ? undefined
      : await listen(metricsEndpoint(sources, log), { port, address, portSetting });
  const facade = await openFacade({
    portBase: settings.grpcPortBase,
    sharedPort: settings.grpcSharedPort,
    host: settings.grpcHost,
    publishedOnLoopback: isPublishedOnLoopback(settings),
    reflection: settings.grpcReflection === 'on',
    functions: new FunctionsClient(routes.transport),
    access: facadeAccessOf(settings, tokens),
    tls,
    calls,
    log,
  });
  return {
    log,
    facts: {
      ...{ gatewayUrl, ports: facade.ports, sharedPort: facade.sharedPort },
      ...(metrics && { metricsUrl: metrics.url }),
    },
    close: async () => {
      await Promise.all([facade.close(), metrics?.close(SCRAPE_GRACE_MS)]);
      routes.close();
      tls?.close();
      await tracing.close();
    },
  };
}
