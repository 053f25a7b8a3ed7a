/** `/metrics` of a connector that is a process of its own. */
import { listen, type Listener } from '#gateway/runtime/http/listen.ts';
import { metricsEndpoint } from '#gateway/runtime/observe/metrics-endpoint.ts';
import { stateExposition } from '#gateway/runtime/observe/state-exposition.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import type { Log } from '#shared/process/log.ts';
import type { ConnectorConfig } from './config.ts';

/** @returns undefined where no port is set @throws Failure REFUSED port-in-use, cannot-listen */
export async function openConnectorMetrics(
  { metrics, gatewayUrl, token }: Pick<ConnectorConfig, 'metrics' | 'gatewayUrl' | 'token'>,
  log: Log,
): Promise<Listener | undefined> {
  if (!metrics) return undefined;
  const { port, address, withState } = metrics;
  const functions = new FunctionsClient(httpTransport(gatewayUrl, token));
  const endpoint = metricsEndpoint(withState ? [stateExposition(functions, log)] : [], log);
  return listen(endpoint, { port, address, portSetting: 'CONNECTOR_METRICS_PORT' });
}
