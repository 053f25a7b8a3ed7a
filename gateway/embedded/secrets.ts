/**
 * Secrets of an installation: files only the owner reads, made once from 32 random bytes each. They
 * are never printed and never logged; a user reads it from its file. The tokens that guard
 * functions are secrets of functions like any other, so that faas-cli lists and replaces them too.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SecretFiles } from '#gateway/runtime/deployments/secret-files.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { rememberSecret } from '#shared/process/logging/known-secrets.ts';
import type { Tokens } from '#shared/runtime/context.ts';
import { tokenNames, tokensIn } from '#shared/runtime/tokens.ts';

export interface Secrets {
  /** Of the gateway's user and password. */
  readonly dir: string;
  /** What functions may read: the tokens, and what operators put there. */
  readonly files: SecretFiles;
  readonly basicAuth: { readonly user: string; readonly password: string };
  /** As the files are now. */
  readonly tokens: Tokens;
}

const LENGTH_MIN = 16;
const USER = 'basic-auth-user';
const PAGE_PASSWORD = 'operator-password';

export async function openSecrets(dataDir: string): Promise<Secrets> {
  const dir = join(dataDir, 'secrets');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  const user = await secret(dir, USER, () => 'admin', 1);
  const password = await secret(dir, 'basic-auth-password');
  const files = await SecretFiles.open(join(dataDir, 'function-secrets'));
  for (const name of tokenNames) {
    await moveOver(join(dir, name), join(files.dir, name));
    await secret(files.dir, name);
  }
  // The page's function reads its password where functions have their secrets.
  await secret(files.dir, PAGE_PASSWORD, () => password);
  return { dir, files, basicAuth: { user, password }, tokens: tokensIn(files.dir) };
}

/** Installations made before functions had a folder of secrets kept their tokens beside it. */
async function moveOver(from: string, to: string): Promise<void> {
  if (existsSync(from) && !existsSync(to)) await rename(from, to);
}

/** Reads a secret, or makes it. A file that is there but empty is an error, never a new secret. */
async function secret(
  dir: string,
  name: string,
  make = (): string => randomBytes(32).toString('hex'),
  lengthMin = LENGTH_MIN,
): Promise<string> {
  const file = join(dir, name);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept === undefined) return create(file, make());
  if (kept.trim().length < lengthMin)
    throw new Failure('REFUSED', `${file} is too short for a secret; remove it to get a new one.`, {
      rule: 'secret-too-short',
    });
  await chmod(file, 0o600);
  if (name !== USER) rememberSecret(kept.trim());
  return kept.trim();
}

/** Written whole or not at all, so that a crash leaves no half secret. */
async function create(file: string, value: string): Promise<string> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${value}\n`, { mode: 0o600, flush: true });
  await link(draft, file);
  await rm(draft);
  if (value.length >= LENGTH_MIN) rememberSecret(value);
  return value;
}
