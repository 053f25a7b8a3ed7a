/** Writes a new operation's rpc, handler and test; what is left are the contract's row and the body. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { handlerFolder } from '#shared/contract/names.ts';
import {
  handlerText,
  newOperation,
  rowText,
  testText,
  withRpc,
  type NewOperation,
} from './skeletons.ts';
import { refuse, writeFiles } from './write-files.ts';

/** @returns the exit code */
export function beginOperation(service: string, kebab: string, dryRun: boolean): number {
  const operation = newOperation(service, kebab);
  if ('wrong' in operation) return refuse(operation.wrong);
  const files = filesOf(operation);
  if (!files) return refuse(`${service} ${kebab} exists already`);
  writeFiles(files, dryRun);
  if (!dryRun) {
    const sources = files.map(([file]) => file).filter((file) => file.endsWith('.ts'));
    execFileSync('node_modules/.bin/prettier', ['--write', '--log-level', 'warn', ...sources]);
    execFileSync('node_modules/.bin/buf', ['generate'], { stdio: 'inherit' });
  }
  console.log(leftToDo(operation));
  return 0;
}

/** @returns undefined when any part of the operation is there */
function filesOf(operation: NewOperation): [file: string, text: string][] | undefined {
  const { service, kebab, rpc } = operation;
  const proto = `protos/${service}.proto`;
  const handler = `${handlerFolder(service, rpc)}/handler.ts`;
  const test = `tests/functions/${service}/${kebab}.test.ts`;
  const changed = withRpc(readFileSync(proto, 'utf8'), operation);
  if (changed === undefined || existsSync(handler) || existsSync(test)) return undefined;
  return [
    [proto, changed],
    [handler, handlerText(operation)],
    [test, testText(operation)],
  ];
}

function leftToDo(operation: NewOperation): string {
  const { service, rpc } = operation;
  return `
Left to write:
  shared/contract/${service}.ts, the row:

${rowText(operation)}

    (usual.write where it changes something, usual.trade where it may trade)

  ${handlerFolder(service, rpc)}/handler.ts, the body, and the sentence above it

Fields go into protos/${service}.proto and into the row's request; then: npm run generate`;
}
