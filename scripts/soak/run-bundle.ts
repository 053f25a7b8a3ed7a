/** Runs a bundle of the simulation in a process of its own. */
import { spawn } from 'node:child_process';

export interface BundleReport {
  readonly points: Readonly<Record<string, number>>;
  readonly perRound: number;
  readonly violations: readonly { readonly point: number; readonly text: string }[];
  readonly unhandled: readonly string[];
  /** What the process had not given back when it ended. */
  readonly leaks: readonly string[];
}

export interface BundleRun {
  /** 0 without violations, 1 with, 2 when it could not run. */
  readonly exitCode: number;
  readonly report: BundleReport | undefined;
  /** The end of what it wrote to stderr. */
  readonly errors: string;
}

export interface BundleExtent {
  readonly seed: string;
  readonly from: number;
  readonly count: number;
  readonly stride: number;
  /** Where the state lies: the model in memory, a redis-server, or a Redis Cluster. */
  readonly redis: 'model' | 'server' | 'cluster';
  /** Points of this kind of mishap only, all of a round, until one violates an invariant. */
  readonly only?: string;
}

const ERRORS_MAX = 4_000;
/** Points leave much short-lived garbage; a larger young generation copies less of it. */
const NODE_FLAGS = ['--max-semi-space-size=32', '--expose-gc'];

export function runBundle(bundle: string, extent: BundleExtent): Promise<BundleRun> {
  const { seed, from, count, stride, redis, only = '' } = extent;
  const numbers = [from, count, stride].map(String);
  const args = [...NODE_FLAGS, bundle, seed, ...numbers, redis, only];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [text, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    errors = (errors + part).slice(-ERRORS_MAX);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const report = text === '' ? undefined : (JSON.parse(text) as BundleReport);
      resolve({ exitCode: code ?? 2, report, errors });
    });
  });
}
