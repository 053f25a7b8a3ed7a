/**
 * Whether the state in Redis is the one that was last worked on, and the declaration that it is to be
 * gone on with: `npm run state [-- new-beginning] [--connected]`. docs/operate/restore.md says when.
 */
import { parseArgs } from 'node:util';
import { Failure } from '#shared/kernel/failure.ts';
import { auditStateAct } from '#shared/runtime/audit/state-act.ts';
import type { Epoch } from '#shared/redis/epoch.ts';
import { openInstallation, requireAlone } from './stopped-installation.ts';

const USAGE = 'usage: npm run state [-- new-beginning] [--connected]';

async function run(words: readonly string[], connected: boolean): Promise<number> {
  const [command = 'show', ...more] = words;
  if (!['show', 'new-beginning'].includes(command) || more.length > 0)
    throw new Failure('INVALID_REQUEST', USAGE);
  const { database, place, close } = await openInstallation(process.env);
  try {
    console.log(`State at ${place}.`);
    if (command === 'show') return await show();
    await requireAlone(database.redis, connected);
    const epoch = await database.epoch.declare();
    await auditStateAct(database, 'state-new-beginning', '');
    console.log(`A new beginning is declared: ${epochText(epoch)}. Trading may go on.`);
    return 0;
  } finally {
    await close();
  }

  async function show(): Promise<number> {
    const known = await database.epoch.known().catch(() => undefined);
    const { epoch: held, doubt } = await database.epoch.held();
    console.log(`In Redis: ${epochText(held)}${doubt === undefined ? '' : ` (${doubt})`}.`);
    console.log(`On record: ${epochText(known)}.`);
    const agrees = known === undefined || (await database.epoch.verdict()).kind === 'kept';
    console.log(agrees && doubt === undefined ? 'They agree.' : 'The state was lost.');
    return agrees && doubt === undefined ? 0 : 1;
  }
}

function epochText(epoch: Epoch | undefined): string {
  if (!epoch) return 'nothing';
  return `installation ${epoch.id}, generation ${epoch.generation}, order ${epoch.sequence}`;
}

try {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { connected: { type: 'boolean', default: false } },
  });
  process.exitCode = await run(positionals, values.connected);
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = thrown instanceof Failure && thrown.code === 'REFUSED' ? 3 : 2;
}
