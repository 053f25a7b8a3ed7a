/** The connector as a process of its own: `node dist/gateway/connector/main.js`. */
import { Failure } from '#shared/kernel/failure.ts';
import { openLog } from '#shared/process/log.ts';
import { readConfig } from './config.ts';
import { openConnector } from './connector.ts';

try {
  const config = await readConfig(process.env);
  const log = openLog(config.logLevel);
  const connector = await openConnector({ ...config, log });
  log.info('connector-ready', { gatewayUrl: config.gatewayUrl, keyPrefix: config.keyPrefix });
  const stop = (signal: NodeJS.Signals): void => {
    log.info('connector-stopping', { signal });
    void connector.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (thrown) {
  openLog('error').error('connector-start-failed', {
    detail: Failure.from(thrown).message,
    ...(!(thrown instanceof Failure) && { cause: thrown }),
  });
  process.exitCode = 1;
}
