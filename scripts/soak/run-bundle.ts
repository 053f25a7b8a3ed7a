/** Runs a bundle of the simulation in a process of its own. */
import { spawn } from 'node:child_process';

export interface BundleReport {
  readonly points: Readonly<Record<string, number>>;
  readonly perRound: number;
  readonly violations: readonly { readonly point: number; readonly text: string }[];
  readonly unhandled: readonly string[];
}

export interface BundleRun {
  /** 0 without violations, 1 with, 2 when it could not run. */
  readonly exitCode: number;
  readonly report: BundleReport | undefined;
}

export function runBundle(
  bundle: string,
  extent: { seed: string; from: number; count: number; stride: number },
): Promise<BundleRun> {
  const { seed, from, count, stride } = extent;
  const args = [bundle, seed, String(from), String(count), String(stride)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const report = text === '' ? undefined : (JSON.parse(text) as BundleReport);
      resolve({ exitCode: code ?? 2, report });
    });
  });
}
