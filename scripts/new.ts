/**
 * Begins something new, as CONTRIBUTING's walks describe:
 *
 *   npm run new -- <service> <operation> [--dry-run]
 *   npm run new -- broker NAME [--dry-run]
 *   npm run new -- market-data NAME [--dry-run]
 *
 * Exit code 2 and the reason where the names cannot be used; then nothing is written.
 */
import { parseArgs } from 'node:util';
import { beginAdapter } from './new/adapter.ts';
import { beginOperation } from './new/operation.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'dry-run': { type: 'boolean', default: false } },
});
const [first = '', name = '', ...more] = positionals;
const dryRun = values['dry-run'];

if (first === '' || name === '' || more.length > 0) {
  console.error(
    'usage: npm run new -- (<service> <operation> | broker NAME | market-data NAME) [--dry-run]',
  );
  process.exitCode = 2;
} else if (first === 'broker' || first === 'market-data')
  process.exitCode = beginAdapter(first, name, dryRun);
else process.exitCode = beginOperation(first, name, dryRun);
