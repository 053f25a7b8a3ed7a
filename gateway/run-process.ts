/** The life of a process beside a gateway: it starts or says why not, and stops when it is told to. */
import { Failure } from '#shared/kernel/failure.ts';
import { openLog, type Log } from '#shared/process/log.ts';
import type { Environment } from '#shared/process/settings.ts';

export interface Running {
  readonly log: Log;
  /** Said once it runs. */
  readonly facts: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/**
 * Log lines `<name>-ready`, `<name>-stopping`, `<name>-start-failed`. Exit code 0 after SIGTERM or
 * SIGINT, 1 when it cannot start.
 */
export async function runProcess(
  name: string,
  start: (env: Environment) => Promise<Running>,
): Promise<void> {
  try {
    const { log, facts, close } = await start(process.env);
    log.info(`${name}-ready`, facts);
    const stop = (signal: NodeJS.Signals): void => {
      log.info(`${name}-stopping`, { signal });
      void close().then(() => process.exit(0));
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  } catch (thrown) {
    openLog('error').error(`${name}-start-failed`, {
      detail: Failure.from(thrown).message,
      ...(!(thrown instanceof Failure) && { cause: thrown }),
    });
    process.exitCode = 1;
  }
}
