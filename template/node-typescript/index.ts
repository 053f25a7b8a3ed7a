/** The process of a container of one function: start, stop, and failure. */
import { log } from './observe/call-log.ts';
import { serve } from './serve.ts';

let stopped = false;

function fail(cause: unknown): never {
  log('error', 'fatal', { cause });
  process.exit(1);
}

process.on('uncaughtException', fail);
// An error left over from one call must not end the others.
process.on('unhandledRejection', (cause) => log('error', 'unhandled-rejection', { cause }));
// A platform takes exit code 0 for an orderly stop; a function that calls exit(0) is not one.
process.on('exit', (code) => {
  if (code === 0 && !stopped) process.exitCode = 1;
});

// The port is open before the function's own modules are read, so that early calls wait for them.
const serving = serve(
  import('./function/handler.ts').then((loaded) => loaded.default),
  process.env,
);
serving.then(({ port, metricsPort }) => log('info', 'serving', { port, metricsPort }), fail);

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => {
  log('info', 'stopping', {});
  void serving
    .then((served) => served.drain())
    .then((whole) => {
      log('info', 'stopped', { whole });
      stopped = whole;
      process.exit(whole ? 0 : 1);
    });
});
