/** For servers that must be given their ports; one that may choose listens on port 0 instead. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give to connections and to who asks for port 0, so that none of these takes one. */
const [FIRST, LAST] = [10_000, 32_000] as const;
const BLOCK = 50;
const BLOCKS = (LAST - FIRST) / BLOCK;

/** The next port of the block that this process holds, and the last one. */
let next = 0;
let last = -1;

/** @returns a port of 127.0.0.1 that is free, and that no other test is given */
export async function freePort(): Promise<number> {
  return freePortsInRow(1);
}

/** @returns the first of so many ports in a row */
export async function freePortsInRow(count: number): Promise<number> {
  for (;;) {
    if (next + count - 1 > last) await holdBlock();
    const row = Array.from({ length: count }, (_one, index) => next + index);
    next += count;
    const free = await Promise.all(row.map(isFree));
    if (free.every(Boolean)) return row[0] ?? 0;
  }
}

/** A process holds a block of ports by listening on the first of them for as long as it lives. */
async function holdBlock(): Promise<void> {
  const start = process.pid % BLOCKS;
  for (let tried = 0; tried < BLOCKS; tried += 1) {
    const first = FIRST + ((start + tried) % BLOCKS) * BLOCK;
    if (!(await holds(first))) continue;
    [next, last] = [first + 1, first + BLOCK - 1];
    return;
  }
  throw new Error('other tests hold all ports');
}

async function holds(port: number): Promise<boolean> {
  const server = createServer().unref();
  return listens(server, port);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  if (!(await listens(server, port))) return false;
  server.close();
  await once(server, 'close');
  return true;
}

function listens(server: ReturnType<typeof createServer>, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
}
