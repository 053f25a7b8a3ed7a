/** Redis of the Helm chart, by its own scripts on three pods: what was acknowledged outlives every start. */
import { setTimeout as sleep } from 'node:timers/promises';
import { testNeeding } from '../support/needing.ts';
import { withoutNetwork } from '../partitions/network.ts';
import { openPods, pods, type Pods } from './chart-pods.ts';

/** What the pods said explains a wait that ends with the test's time. */
const SAYS_AFTER_MS = 120_000;

let all: Pods;

afterEach(() => all.close());

async function until(question: string, holds: () => Promise<boolean>): Promise<void> {
  const patience = setTimeout(() => {
    console.error(`not yet: ${question}\n${pods.map((pod) => all.said(pod)).join('\n---\n')}`);
  }, SAYS_AFTER_MS);
  try {
    while (!(await holds())) await sleep(100);
  } finally {
    clearTimeout(patience);
  }
}

const roleOf = async (pod: number): Promise<string> =>
  (await all.ask(pod, 'ROLE')).split('\n')[0] ?? '';
const isFollowed = async (pod: number, replicas: number): Promise<boolean> =>
  (await all.ask(pod, 'INFO', 'replication')).includes(`connected_slaves:${replicas}`);

/** Also in the records of all sentinels, which decide after a start. */
async function primaryOf(among: readonly number[], replicas: number): Promise<number> {
  let primary = -1;
  await until('one primary that the others follow', async () => {
    for (const pod of among) if ((await roleOf(pod)) === 'master') primary = pod;
    if (primary < 0 || !(await isFollowed(primary, replicas))) return false;
    const seen = await Promise.all(
      among.map((pod) => all.ask(pod, '-p', '26379', 'sentinel', 'master', 'trader')),
    );
    return seen.every(
      (text) => text.includes(`trader-redis-${primary}.`) && /num-slaves\n[1-9]/.test(text),
    );
  });
  return primary;
}

const everywhere = (value: string, among: readonly number[] = pods): Promise<void> =>
  until(`${value} on all servers`, async () => {
    const values = await Promise.all(among.map((pod) => all.ask(pod, 'GET', 'order')));
    return values.every((one) => one === value);
  });

testNeeding(
  withoutNetwork(),
  'after a loss of power everywhere the last primary is found again, though another server starts first',
  async () => {
    all = openPods();
    for (const pod of pods) all.start(pod);
    expect(await primaryOf(pods, 2)).toBe(0);
    await all.ask(0, 'SET', 'order', 'first');
    await everywhere('first');
    await all.kill(0);
    const promoted = await primaryOf([1, 2], 1);
    await all.ask(promoted, 'SET', 'order', 'second');
    await everywhere('second', [1, 2]);
    await Promise.all(pods.map((pod) => all.kill(pod)));
    // Its own record says that it is the primary; it knows nothing of the second order.
    all.start(0);
    await until('the first server answers', async () => (await roleOf(0)) === 'master');
    expect(await all.ask(0, 'GET', 'order')).toBe('first');
    all.start(1);
    all.start(2);
    await everywhere('second');
    expect(await primaryOf(pods, 2)).toBe(promoted);
  },
  300_000,
);

testNeeding(
  withoutNetwork(),
  'a primary that comes back without its volume waits for a promotion, and its replicas keep theirs',
  async () => {
    all = openPods();
    for (const pod of pods) all.start(pod);
    expect(await primaryOf(pods, 2)).toBe(0);
    await all.ask(0, 'SET', 'order', 'first');
    await everywhere('first');
    await all.kill(0);
    all.emptyVolume(0);
    all.start(0);
    expect(await primaryOf(pods, 2)).not.toBe(0);
    await everywhere('first');
    expect(all.said(0)).toContain('its data are gone');
  },
  300_000,
);
