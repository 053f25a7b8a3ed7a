/** The same cycle by the embedded system, in a data folder of its own. */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ordersOf, runCycle, type Home } from './traded-cycle.ts';

const PORT = 18_080;
const PORTS = { GATEWAY_PORT: String(PORT), GRPC_PORT_BASE: '-1' };

/** @param dataDir emptied before */
export async function embeddedOrders(dataDir: string, limitMs: number): Promise<readonly string[]> {
  await rm(dataDir, { recursive: true, force: true });
  const env = { ...process.env, ...PORTS, DATA_DIR: dataDir };
  const child = spawn(process.execPath, ['scripts/start.mjs'], { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const untilMs = Date.now() + limitMs;
  try {
    const url = `http://127.0.0.1:${PORT}`;
    while (!(await fetch(`${url}/healthz`).catch(() => undefined))?.ok) {
      if (Date.now() > untilMs || child.exitCode !== null)
        throw new Error('the embedded system did not start');
      await sleep(250);
    }
    const file = join(dataDir, 'function-secrets', 'openfaas-fn', 'trade-token');
    const token = (await readFile(file, 'utf8')).trim();
    const home: Home = { gatewayUrl: url, tradingUrl: url, separator: '-', token };
    await runCycle(home, 'embedded', untilMs);
    return await ordersOf(home);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
