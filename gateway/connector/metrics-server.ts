/** `/metrics` of a connector that is a process of its own. */
import { listen, type Listener } from '#gateway/runtime/http/listen.ts';
import { metricsEndpoint } from '#gateway/runtime/observe/metrics-endpoint.ts';
import { stateExposition } from '#gateway/runtime/observe/state-exposition.ts';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { isLocal } from '#shared/placement/placement.ts';
import type { Log } from '#shared/process/log.ts';
import type { ConnectorConfig } from './config.ts';

/**
 * The state is shown by the board that has the gateway service, so that no alert is raised twice.
 *
 * @returns undefined where no port is set
 * @throws Failure REFUSED port-in-use, cannot-listen
 */
export async function openConnectorMetrics(
  config: Pick<ConnectorConfig, 'metrics' | 'gatewayUrl' | 'token' | 'placement'>,
  log: Log,
): Promise<Listener | undefined> {
  const { metrics, gatewayUrl, token, placement } = config;
  if (!metrics) return undefined;
  const { port, address } = metrics;
  const withState = metrics.withState && isLocal(placement, 'gateway');
  const functions = new FunctionsClient(httpTransport(gatewayUrl, token));
  const endpoint = metricsEndpoint(withState ? [stateExposition(functions, log)] : [], log);
  return listen(endpoint, { port, address, portSetting: 'CONNECTOR_METRICS_PORT' });
}
