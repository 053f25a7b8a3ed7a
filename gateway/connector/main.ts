/** The connector as a process of its own: `node dist/gateway/connector/main.js`. */
import { openLog } from '#shared/process/log.ts';
import { boardOf } from '#shared/placement/placement.ts';
import { openTracing } from '#shared/process/tracing/open-tracing.ts';
import { runProcess } from '../run-process.ts';
import { readConfig } from './config.ts';
import { openConnector } from './connector.ts';
import { openConnectorMetrics } from './metrics-server.ts';

/** A scrape that is under way may end. */
const SCRAPE_GRACE_MS = 200;

await runProcess('connector', async (env) => {
  const config = await readConfig(env);
  const tracing = await openTracing('trader-connector', env, boardOf(config.placement));
  const log = openLog(config.logRules).with({ module: 'connector' });
  const metrics = await openConnectorMetrics(config, log);
  const connector = await openConnector({ ...config, log });
  const { gatewayUrl, keyPrefix } = config;
  return {
    log,
    facts: { gatewayUrl, keyPrefix, ...(metrics && { metricsUrl: metrics.url }) },
    close: async () => {
      await Promise.all([connector.close(), metrics?.close(SCRAPE_GRACE_MS)]);
      await tracing.close();
    },
  };
});
