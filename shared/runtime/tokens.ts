/** The secrets that callers prove themselves with, one file each, as OpenFaaS mounts them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '#shared/kernel/failure.ts';
import type { Tokens } from './context.ts';

const LENGTH_MIN = 16;

/** @throws Failure UNAVAILABLE when a secret is missing: a guarded function never runs unguarded */
export async function readTokens(dir: string): Promise<Tokens> {
  return { write: await readToken(dir, 'write-token'), trade: await readToken(dir, 'trade-token') };
}

/** @throws Failure UNAVAILABLE */
export async function readToken(dir: string, name: 'write-token' | 'trade-token'): Promise<string> {
  const text = await readFile(join(dir, name), 'utf8').catch((cause: unknown) => {
    throw new Failure('UNAVAILABLE', `The secret ${name} is missing.`, {}, cause);
  });
  const token = text.trim();
  if (token.length < LENGTH_MIN)
    throw new Failure('UNAVAILABLE', `The secret ${name} is too short.`);
  return token;
}
