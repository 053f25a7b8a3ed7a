/**
 * Two steps of `deploy/scripts/failover.sh`:
 *
 *   npm run promote -- --replica-url-file FILE [--prefix P] [--alone] [--take-over]
 *                                             make the replica primary, halt trading
 *   npm run promote -- --reconcile [--limit SECONDS]          compare with the broker, lift that halt
 *
 * The second asks the gateway at GATEWAY_URL with the trade token in SECRETS_DIR. Exit code: 0 done,
 * 1 not done, 2 wrong arguments.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openInstallation } from '../cli/gateway-client.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { promote, type PromotionWishes } from './failover/promotion.ts';
import { reconcile } from './failover/after-promotion.ts';

const USAGE =
  'usage: npm run promote -- --replica-url-file FILE [--prefix P] [--alone] [--take-over] | --reconcile [--limit SECONDS]';
const ANSWER_MS_MAX = 60_000;

function usage(why: string): Failure {
  return new Failure('INVALID_REQUEST', `${why}\n${USAGE}`);
}

async function promoteFrom(file: string, prefix: string, wishes: PromotionWishes): Promise<string> {
  const { epoch, tradingWas, changed } = await promote(readUrl(file), prefix, wishes);
  const { id, generation } = epoch;
  if (!changed) return `the replica is primary already, generation ${generation}`;
  return (
    `primary now, generation ${generation}; trading is HALTED (it was ${tradingWas})\n` +
    `the secret state-epoch is now: ${id} ${generation}`
  );
}

function readUrl(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw usage(`--replica-url-file: ${file} cannot be read`);
  }
}

async function run(): Promise<string> {
  const { values } = parseArgs({
    options: {
      'replica-url-file': { type: 'string' },
      alone: { type: 'boolean', default: false },
      'take-over': { type: 'boolean', default: false },
      prefix: { type: 'string', default: 'trader' },
      reconcile: { type: 'boolean', default: false },
      limit: { type: 'string', default: '300' },
    },
  });
  const { 'replica-url-file': file, prefix, limit } = values;
  if (values.reconcile === (file !== undefined)) throw usage('name one of the two steps');
  if (!/^\d{1,5}$/.test(limit)) throw usage('--limit is a number of seconds');
  const wishes = { alone: values.alone, takeOver: values['take-over'] };
  if (file !== undefined) return promoteFrom(file, prefix, wishes);
  return (await reconcile(openInstallation(ANSWER_MS_MAX), Number(limit) * 1_000)).join('\n');
}

try {
  console.log(await run());
} catch (thrown) {
  const isUsage = !(thrown instanceof Failure) || thrown.code === 'INVALID_REQUEST';
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = isUsage ? 2 : 1;
}
