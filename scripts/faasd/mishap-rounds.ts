/**
 * Rounds of mishaps on two boards with a real faasd: in each the boards are emptied, a cycle is triggered, and at
 * random moments of it something is killed. Afterwards the orders must be those of an undisturbed cycle, to the
 * cent, each sent to the broker once, and the ledger in order.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { integerBelow, seededRandom, type Random } from '#shared/kernel/random.ts';
import type { BoardName, Boards } from './boards.ts';
import { functionsOf, type Split } from './splits.ts';
import { ordersOf, runCycle, type Home } from './traded-cycle.ts';

interface Mishap {
  readonly board: BoardName;
  /** As a line of the report names it. */
  readonly name: string;
  readonly command: string;
}

const killTask = (namespace: string, task: string): string =>
  `ctr -n ${namespace} tasks kill -s KILL ${task}`;
const killUnit = (unit: string): string => `kill -KILL $(cat /run/units/${unit}.main)`;

function mishaps(split: Split): readonly Mishap[] {
  return (['state', 'compute'] as const).flatMap((board) => [
    { board, name: `provider of ${board}`, command: killUnit('faasd-provider') },
    ...functionsOf(split, board).map((task) => ({
      ...{ board, name: `task ${task}`, command: killTask('openfaas-fn', task) },
    })),
    { board, name: `connector of ${board}`, command: killTask('openfaas', 'connector') },
    { board, name: `facade of ${board}`, command: killTask('openfaas', 'facade') },
    { board, name: `Redis of ${board}`, command: killUnit('arduino-trader-redis') },
  ]);
}

const AT_MS_MAX = 25_000;
const ENDS_WITHIN_MS = 420_000;

export interface Round {
  readonly seed: string;
  readonly mishaps: readonly string[];
  readonly calls: number;
  readonly seconds: number;
  /** What is not as it should be; empty: all orders are accounted for, none twice. */
  readonly findings: readonly string[];
}

/** @param expected the orders of an undisturbed cycle */
export async function round(
  boards: Boards,
  split: Split,
  home: Home,
  seed: string,
  expected: readonly string[],
): Promise<Round> {
  await empty(boards);
  const random = seededRandom(seed);
  const startedMs = Date.now();
  const watch = watching(boards);
  const cycle = runCycle(home, seed, startedMs + ENDS_WITHIN_MS).then(
    ({ calls }) => ({ calls, findings: [] as string[] }),
    (thrown: unknown) => ({ calls: 0, findings: [String(thrown)] }),
  );
  const struck = await strike(boards, mishaps(split), random, startedMs);
  const { calls, findings } = await cycle;
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  findings.push(...(await judge(boards, home, expected)));
  await watch.stop();
  return { seed, mishaps: struck, calls, seconds, findings };
}

async function strike(
  boards: Boards,
  choice: readonly Mishap[],
  random: Random,
  startedMs: number,
): Promise<string[]> {
  const moments = Array.from({ length: 1 + integerBelow(random, 3) }, () => random() * AT_MS_MAX);
  const struck: string[] = [];
  for (const atMs of moments.sort((a, b) => a - b)) {
    const one = choice[integerBelow(random, choice.length)];
    if (!one) continue;
    await sleep(Math.max(startedMs + atMs - Date.now(), 0));
    // Where it is not running at the moment, there is nothing to kill.
    const done = await boards.run(one.board, one.command).then(
      () => '',
      () => ' (was not running)',
    );
    struck.push(`${(atMs / 1000).toFixed(1)} s ${one.name}${done}`);
  }
  return struck;
}

/** The orders of the history and those of the paper broker, whose list has each client order id. */
async function judge(
  boards: Boards,
  home: Home,
  expected: readonly string[],
): Promise<readonly string[]> {
  const findings: string[] = [];
  const orders = await ordersOf(home);
  for (const line of expected) if (!orders.includes(line)) findings.push(`missing: ${line}`);
  for (const line of orders) if (!expected.includes(line)) findings.push(`more: ${line}`);
  const text = await redis(boards, "lrange 'trader:{paper:default}:settled' 0 -1");
  const ids = [...text.matchAll(/^\["(\d+)","(paper-\d+)"/gm)].map(([, id]) => id);
  if (ids.length !== expected.length || new Set(ids).size !== ids.length)
    findings.push(`the broker has ${ids.length} orders with ${new Set(ids).size} numbers`);
  const url = `${home.tradingUrl}/function/portfolio${home.separator}verify-ledger`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${home.token}` };
  const ledger = await fetch(url, { method: 'POST', headers, body: '{}' }).then((one) =>
    one.text(),
  );
  if (!ledger.includes('"correct":true')) findings.push(`ledger: ${ledger.slice(0, 300)}`);
  return findings;
}

function redis(boards: Boards, command: string): Promise<string> {
  const password = `REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /etc/arduino-trader/redis.conf)`;
  return boards.run('state', `${password} redis-cli --raw ${command}`);
}

/** As new boards: an empty Redis on both, nothing recorded of an earlier state, every function started anew. */
async function empty(boards: Boards): Promise<void> {
  const both = async (command: string): Promise<void> => {
    await Promise.all([boards.run('state', command), boards.run('compute', command)]);
  };
  await both('systemctl stop faasd; systemctl stop arduino-trader-redis');
  await both('rm -rf /var/lib/arduino-trader-redis/* /var/lib/faasd/trader-data/*');
  await both(
    'for task in $(ctr -n openfaas-fn tasks ls -q); do ctr -n openfaas-fn tasks kill -s KILL $task || true; done',
  );
  await both('systemctl start arduino-trader-redis; sleep 3; systemctl start faasd');
  await Promise.all([boards.untilReady('state'), boards.untilReady('compute')]);
}

const WATCH_MS = 15_000;

/** The timer of the watch over faasd's services. */
function watching(boards: Boards): { stop(): Promise<void> } {
  let on = true;
  const loop = async (board: BoardName): Promise<void> => {
    while (on) {
      await boards.run(board, '/opt/arduino-trader/deploy/scripts/faasd-watch.sh || [ $? = 1 ]');
      for (let waitedMs = 0; on && waitedMs < WATCH_MS; waitedMs += 500) await sleep(500);
    }
  };
  const loops = [loop('state'), loop('compute')];
  return {
    stop: async () => {
      on = false;
      await Promise.all(loops);
    },
  };
}
