/** The connector as a process of its own: `node dist/gateway/connector/main.js`. */
import { openLog } from '#shared/process/log.ts';
import { runProcess } from '../run-process.ts';
import { readConfig } from './config.ts';
import { openConnector } from './connector.ts';

await runProcess('connector', async (env) => {
  const config = await readConfig(env);
  const log = openLog(config.logLevel);
  const { close } = await openConnector({ ...config, log });
  const { gatewayUrl, keyPrefix } = config;
  return { log, facts: { gatewayUrl, keyPrefix }, close };
});
