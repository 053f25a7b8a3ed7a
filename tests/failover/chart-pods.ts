/** Pods of the chart's Redis: each in a network namespace, run by the chart's own scripts. Needs root and `ip`. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILES = 'deploy/chart/files/redis';
const SERVICE = 'trader-redis';
const DOMAIN = 'trader.svc.cluster.local';
const REPLICAS = 3;
const PASSWORD = 'pods';
export const pods = [0, 1, 2] as const;

export interface Pods {
  start(pod: number): void;
  /** As a node that loses its power. */
  kill(pod: number): Promise<void>;
  /** Its volume is gone, and it gets an empty one. */
  emptyVolume(pod: number): void;
  /** @returns what redis-cli prints; empty where nobody answers */
  ask(pod: number, ...command: readonly string[]): Promise<string>;
  /** What the pod's server said. */
  said(pod: number): string;
  close(): Promise<void>;
}

const sh = (command: string): Buffer =>
  execFileSync('sh', ['-ec', command], { stdio: ['ignore', 'pipe', 'pipe'] });
const namespaceOf = (pod: number | 'sw'): string => `cp${process.pid}${pod}`;
const addressOf = (pod: number): string => `10.98.0.${pod + 1}`;
const nameOf = (pod: number): string => `${SERVICE}-${pod}.${SERVICE}.${DOMAIN}`;

function openNetwork(): void {
  const sw = namespaceOf('sw');
  sh(`ip netns add ${sw}; ip -n ${sw} link add br0 type bridge; ip -n ${sw} link set br0 up`);
  for (const pod of pods) {
    const own = namespaceOf(pod);
    sh(`ip netns add ${own}; ip -n ${own} link set lo up`);
    sh(`ip link add eth0 netns ${own} type veth peer name p${pod} netns ${sw}`);
    sh(`ip -n ${sw} link set p${pod} master br0; ip -n ${sw} link set p${pod} up`);
    sh(`ip -n ${own} address add ${addressOf(pod)}/24 dev eth0; ip -n ${own} link set eth0 up`);
  }
}

/** The scripts with the pod's folders in place of its mounts, and with shorter times. */
function prepare(folder: string, pod: number): void {
  const own = join(folder, String(pod));
  for (const name of ['data', 'run', 'files']) mkdirSync(join(own, name), { recursive: true });
  cpSync(FILES, join(own, 'files'), { recursive: true });
  for (const name of readdirSync(join(own, 'files'))) {
    const file = join(own, 'files', name);
    const text = readFileSync(file, 'utf8')
      .replaceAll('/etc/redis-secret', own)
      .replaceAll('. /etc/redis/', `. ${own}/files/`)
      .replaceAll('/etc/redis/', `${own}/files/`)
      .replaceAll('/run/redis', `${own}/run`)
      .replaceAll(/(?<=[ =])\/data/g, `${own}/data`)
      .replace('MAXMEMORY', '64mb\nrepl-diskless-sync-delay 0')
      .replace('down-after-milliseconds trader 5000', 'down-after-milliseconds trader 1000')
      .replace('failover-timeout trader 30000', 'failover-timeout trader 3000');
    writeFileSync(file, text);
  }
  writeFileSync(join(own, 'redis-password'), PASSWORD);
}

export function openPods(): Pods {
  const folder = mkdtempSync(join(tmpdir(), 'chart-pods-'));
  const hosts = join(folder, 'hosts');
  writeFileSync(
    hosts,
    ['127.0.0.1 localhost', ...pods.map((pod) => `${addressOf(pod)} ${nameOf(pod)}`), ''].join(
      '\n',
    ),
  );
  for (const pod of pods) prepare(folder, pod);
  openNetwork();
  const running = new Map<number, ChildProcess[]>();
  const inPod = (pod: number, command: string, args: readonly string[] = []): ChildProcess => {
    const within = `mount --bind ${hosts} /etc/hosts && ${command}`;
    const env = {
      ...{ PATH: process.env['PATH'], POD: `${SERVICE}-${pod}`, SERVICE, DOMAIN },
      ...{ REPLICAS: String(REPLICAS), QUORUM: '2', REDISCLI_AUTH: PASSWORD },
    };
    const namespace = [
      'netns',
      'exec',
      namespaceOf(pod),
      'unshare',
      '--mount',
      'sh',
      '-c',
      within,
      'sh',
    ];
    return spawn('ip', [...namespace, ...args], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  };
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await gone;
  };
  const kill = async (pod: number): Promise<void> => {
    await Promise.all((running.get(pod) ?? []).map(end));
    running.delete(pod);
  };
  return {
    // A container that ends is started again, as its name may not be known yet.
    start: (pod) => {
      const parts = ['redis', 'sentinel'].map((part) => {
        const script = join(folder, String(pod), 'files', `${part}.sh`);
        const log = join(folder, String(pod), `${part}.log`);
        return inPod(pod, `while :; do sh ${script} >>${log} 2>&1; sleep 0.5; done`);
      });
      running.set(pod, parts);
    },
    kill,
    emptyVolume: (pod) => {
      rmSync(join(folder, String(pod), 'data'), { recursive: true });
      mkdirSync(join(folder, String(pod), 'data'));
    },
    ask: async (pod, ...command) => {
      const child = inPod(pod, 'exec timeout 10 redis-cli "$@"', command);
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => (text += String(chunk)));
      await once(child, 'close');
      return text.trim();
    },
    said: (pod) => readFileSync(join(folder, String(pod), 'redis.log'), 'utf8'),
    close: async () => {
      await Promise.all(pods.map(kill));
      for (const name of [...pods, 'sw'] as const) sh(`ip netns del ${namespaceOf(name)}`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
