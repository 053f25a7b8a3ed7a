/**
 * Where the log of operations goes: to stderr, as every log of this program, and among the lines of
 * the function that hosts the operation, so that `faas-cli logs` shows why a call failed.
 */
import { operationAt } from '#shared/contract/catalogue.ts';
import type { FunctionHost } from './function-host.ts';

/** @returns what takes one JSON line at a time, for `openLog` */
export function operationLines(
  host: () => Pick<FunctionHost, 'find' | 'logs'>,
  write: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): (line: string) => void {
  return (line) => {
    write(line);
    const executor = executorOf(line, host());
    if (executor) host().logs.append(executor.spec.name, String(process.pid), line);
  };
}

/** The operation's own function, or that of its service where services are packed. */
function executorOf(line: string, host: Pick<FunctionHost, 'find'>) {
  const { operation } = JSON.parse(line) as { operation?: unknown };
  if (typeof operation !== 'string') return undefined;
  return host.find(operation) ?? host.find(operationAt(operation, '/')?.operation.service ?? '');
}
