/** The control plane of a cluster without nodes: kube-apiserver on etcd, in a folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.ts';

export interface ControlPlane {
  /** File for KUBECONFIG, as a member of system:masters. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

const TOKEN = 'control-plane';
const READY_WITHIN_MS = 120_000;

export async function openControlPlane(programs: {
  /** Paths of the programs. */
  readonly etcd: string;
  readonly apiserver: string;
  /** Where commands work that name none. */
  readonly namespace: string;
}): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), 'control-plane-'));
  const [store, peer, port] = [await freePort(), await freePort(), await freePort()];
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const keyFile = join(folder, 'service-accounts.key');
  await writeFile(keyFile, key.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(join(folder, 'tokens.csv'), `${TOKEN},admin,admin,system:masters\n`);
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, configOf(port, programs.namespace));
  const log = openSync(join(folder, 'log'), 'a');
  const start = (program: string, args: Readonly<Record<string, string>>): ChildProcess =>
    spawn(
      program,
      Object.entries(args).map(([name, value]) => `--${name}=${value}`),
      { stdio: ['ignore', log, log] },
    );
  const etcd = start(programs.etcd, {
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': `http://127.0.0.1:${store}`,
    'advertise-client-urls': `http://127.0.0.1:${store}`,
    'listen-peer-urls': `http://127.0.0.1:${peer}`,
    'initial-advertise-peer-urls': `http://127.0.0.1:${peer}`,
    'initial-cluster': `default=http://127.0.0.1:${peer}`,
  });
  const apiserver = start(programs.apiserver, {
    'etcd-servers': `http://127.0.0.1:${store}`,
    'cert-dir': join(folder, 'certificates'),
    'bind-address': '127.0.0.1',
    'secure-port': String(port),
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': keyFile,
    'service-account-signing-key-file': keyFile,
    'service-cluster-ip-range': '10.0.0.0/24',
    'token-auth-file': join(folder, 'tokens.csv'),
    'authorization-mode': 'RBAC',
  });
  const close = async (): Promise<void> => {
    for (const child of [apiserver, etcd]) await stop(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(apiserver, port);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { kubeconfig, close };
}

function configOf(port: number, namespace: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'own',
        cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
      },
    ],
    users: [{ name: 'admin', user: { token: TOKEN } }],
    contexts: [{ name: 'own', context: { cluster: 'own', user: 'admin', namespace } }],
    'current-context': 'own',
  });
}

async function untilReady(apiserver: ChildProcess, port: number): Promise<void> {
  const untilMs = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(port))) {
    if (apiserver.exitCode !== null || Date.now() > untilMs)
      throw new Error('kube-apiserver did not start');
    await sleep(250);
  }
}

/** Its certificate is its own, made at the start. */
function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', path: '/readyz', rejectUnauthorized: false };
    const headers = { authorization: `Bearer ${TOKEN}` };
    request({ ...options, headers }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('error', () => resolve(false))
      .end();
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}
