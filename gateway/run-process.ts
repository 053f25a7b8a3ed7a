/** Life cycle of a process beside a gateway: it starts or reports why not, and stops on a signal. */
import { Failure } from '#shared/kernel/failure.ts';
import { openLog, type Log } from '#shared/process/log.ts';
import type { Environment } from '#shared/process/settings.ts';

export interface Running {
  readonly log: Log;
  /** Logged once it runs. */
  readonly facts: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/**
 * The longest that an orderly stop takes. Redis and the gateway may have been stopped before this
 * process, and platforms kill after 10 s (Docker, compose) or 30 s (faasd, Kubernetes).
 */
const STOP_MS = 8_000;

/**
 * Log lines `<name>-ready`, `<name>-stopping`, `<name>-stop-cut`, `<name>-start-failed`. Exit code 0
 * after SIGTERM or SIGINT, also while it starts and where what it depends on is gone; 1 when it
 * cannot start.
 */
export async function runProcess(
  name: string,
  start: (env: Environment) => Promise<Running>,
): Promise<void> {
  let running: Running | undefined;
  // Before the start: it may wait for Redis, and the first process of a container ignores signals
  // that it does not handle.
  const stop = (signal: NodeJS.Signals): void => {
    const log = running?.log ?? openLog('info');
    log.info(`${name}-stopping`, { signal });
    setTimeout(() => {
      log.warn(`${name}-stop-cut`, { afterMs: STOP_MS });
      process.exit(0);
    }, STOP_MS).unref();
    const closed = running ? running.close() : Promise.resolve();
    void closed
      .catch((cause: unknown) => log.warn(`${name}-stop-failed`, { cause }))
      .then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  try {
    running = await start(process.env);
    running.log.info(`${name}-ready`, running.facts);
  } catch (thrown) {
    openLog('error').error(`${name}-start-failed`, {
      detail: Failure.from(thrown).message,
      ...(!(thrown instanceof Failure) && { cause: thrown }),
    });
    process.exit(1);
  }
}
