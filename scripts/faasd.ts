/**
 * Two boards with a real faasd on this machine (docs/operate/faasd.md):
 *
 *   npm run faasd -- [--folder FOLDER] [--tag TAG] [--split S] [--rounds N] [--from N] [--seed S]
 *                     [--keep]
 *
 * Publishes the packed stack with faas-cli, deploys it by the operator's scripts, runs a cycle and holds its
 * orders against those of the embedded system; then N rounds in which parts are killed in the midst of a cycle.
 * `--keep`: the boards stay until the command is ended. FOLDER keeps images and disks for the next time.
 *
 * Exit code 0: all as it should be; 1: not; 2: it cannot run here, with a line for each thing that is missing.
 */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findFaasCli } from './deploy/find-faas-cli.ts';
import { boardNames, boards, Boards } from './faasd/boards.ts';
import { ordersOf, runCycle, type Home } from './faasd/traded-cycle.ts';
import { embeddedOrders } from './faasd/embedded-orders.ts';
import { Installation } from './faasd/board-installation.ts';
import { missingPrograms } from './faasd/required-programs.ts';
import { round } from './faasd/mishap-rounds.ts';
import { splitOf } from './faasd/splits.ts';

const CYCLE_MS_MAX = 300_000;
/** Set for the process that is the operator, in a network of its own. */
const INSIDE = 'FAASD_OPERATOR';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(tmpdir(), 'arduino-trader-faasd') },
    tag: { type: 'string', default: '1' },
    split: { type: 'string', default: 'compute-state' },
    rounds: { type: 'string', default: '0' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string', default: 'faasd-1' },
    keep: { type: 'boolean', default: false },
  },
});

function open(): Installation {
  const found = findFaasCli(process.env);
  if ('missing' in found) throw new Error(found.missing);
  return new Installation(values.folder, values.tag, splitOf(values.split), found.program);
}

/** With the machine's network, for npm; then the rest without it. */
function outside(): number {
  const missing = missingPrograms(process.env);
  if (missing.length > 0) {
    for (const line of missing) console.error(line);
    return 2;
  }
  const installation = open();
  installation.publish();
  installation.prepareSecrets();
  const again = ['--net', '--fork', '--kill-child', process.execPath, 'scripts/run.mjs'];
  const env = { ...installation.env, [INSIDE]: 'yes' };
  const options = [...again, 'scripts/faasd.ts', ...process.argv.slice(2)];
  return spawnSync('unshare', options, { stdio: 'inherit', env }).status ?? 1;
}

async function inside(): Promise<number> {
  const installation = open();
  const all = new Boards(installation.folder, installation.split.names);
  try {
    for (const name of boardNames) await all.start(name);
    for (const name of boardNames) await installation.installOn(all, name);
    for (const name of boardNames) await all.untilReady(name);
    for (const name of boardNames) await installation.login(all, name);
    const secrets = ['--secrets', join(installation.folder, 'secrets')];
    const settings = ['--settings', join(installation.folder, 'settings.env')];
    installation.script('deploy-dual-device.sh', '--tag', values.tag, ...secrets, ...settings);
    return await compare(all, installation);
  } finally {
    await all.close();
  }
}

async function compare(all: Boards, installation: Installation): Promise<number> {
  const home: Home = {
    gatewayUrl: `http://${boards.compute.address}:8080`,
    tradingUrl: `http://${boards.state.address}:8080`,
    separator: '/',
    token: installation.tradeToken(),
  };
  const expected = await embeddedOrders(join(installation.folder, 'embedded'), CYCLE_MS_MAX);
  console.log(`the embedded system placed ${expected.length} orders`);
  const seen = await runCycle(home, `${values.seed}-0`, Date.now() + CYCLE_MS_MAX);
  const orders = await ordersOf(home);
  const same = JSON.stringify(orders) === JSON.stringify(expected);
  console.log(
    `faasd placed ${orders.length}, after ${seen.calls} calls: ${same ? 'the same to the cent' : orders.join('\n')}`,
  );
  let bad = same ? 0 : 1;
  const first = Number(values.from);
  for (let number = first; number < first + Number(values.rounds); number += 1) {
    const found = await round(all, installation.split, home, `${values.seed}-${number}`, expected);
    console.log(JSON.stringify(found));
    if (found.findings.length > 0) bad += 1;
  }
  if (values.keep) await new Promise(() => setInterval(() => undefined, 60_000));
  return bad === 0 ? 0 : 1;
}

process.exitCode = process.env[INSIDE] === 'yes' ? await inside() : outside();
