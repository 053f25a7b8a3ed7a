/**
 * Begins a new operation: npm run new -- <service> <operation> [--dry-run]
 *
 * Writes the rpc, a handler and a test; what is left to a person are the contract's row and the
 * handler's story.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { handlerFolder } from '#shared/contract/names.ts';
import {
  handlerText,
  newOperation,
  rowText,
  testText,
  withRpc,
  type NewOperation,
} from './new/skeletons.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'dry-run': { type: 'boolean', default: false } },
});
process.exitCode = begin(positionals, values['dry-run']);

function begin([service = '', kebab = '', ...more]: string[], dryRun: boolean): number {
  if (service === '' || kebab === '' || more.length > 0)
    return refuse('usage: npm run new -- <service> <operation> [--dry-run]');
  const operation = newOperation(service, kebab);
  if ('wrong' in operation) return refuse(operation.wrong);
  const files = filesOf(operation);
  if (!files) return refuse(`${service} ${kebab} exists already`);
  for (const [file, text] of files) {
    console.log(`${dryRun ? 'would write' : 'wrote'} ${file}`);
    if (dryRun) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  if (!dryRun) execFileSync('node_modules/.bin/buf', ['generate'], { stdio: 'inherit' });
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

  ${handlerFolder(service, rpc)}/handler.ts, the story

Fields go into protos/${service}.proto and into the row's request; then: npm run generate`;
}

function refuse(reason: string): number {
  console.error(reason);
  return 2;
}
