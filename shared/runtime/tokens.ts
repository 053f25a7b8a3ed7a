/**
 * The bearer tokens of callers, one file each, as OpenFaaS mounts them. A changed file is
 * read again within a second, so a token is replaced without a restart.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#shared/kernel/failure.ts';
import { rememberSecret } from '#shared/process/logging/known-secrets.ts';
import type { Tokens } from './context.ts';

export const tokenNames = ['read-token', 'write-token', 'trade-token'] as const;

const LENGTH_MIN = 16;
const POLL_MS = 1_000;

/**
 * Tokens read from their files. Each is read at its first use, which throws Failure UNAVAILABLE
 * naming the secret while it is missing or unusable: a protected function never runs unprotected.
 */
export function tokensIn(dir: string): Tokens {
  const [read, write, trade] = tokenNames.map((name) => new SecretFile(dir, name, requireToken));
  return {
    get read() {
      return read?.text() ?? '';
    },
    get write() {
      return write?.text() ?? '';
    },
    get trade() {
      return trade?.text() ?? '';
    },
  };
}

/**
 * Any other secret, read anew when it changes.
 * @returns a function that reads its text, and throws Failure UNAVAILABLE while it is missing or
 * empty
 */
export function secretIn(dir: string, name: string): () => string {
  const file = new SecretFile(dir, name, requireText);
  return () => file.text();
}

/** The text of a file that may be replaced, checked once a second at most. */
class SecretFile {
  private readonly file: string;
  private readonly name: string;
  private readonly require: (name: string, text: string) => void;
  private polledAt = Number.NEGATIVE_INFINITY;
  private stamp = '';
  private kept = '';

  constructor(dir: string, name: string, require: (name: string, text: string) => void) {
    this.file = join(dir, name);
    this.name = name;
    this.require = require;
  }

  text(): string {
    const now = performance.now();
    if (now - this.polledAt < POLL_MS) return this.kept;
    try {
      // Orchestrators replace the target of a link; the target's inode shows the change.
      const { ino, mtimeMs, size } = statSync(this.file);
      const stamp = `${ino} ${mtimeMs} ${size}`;
      if (stamp !== this.stamp) this.kept = this.usable(readFileSync(this.file, 'utf8').trim());
      this.stamp = stamp;
    } catch (cause) {
      this.polledAt = Number.NEGATIVE_INFINITY;
      this.stamp = '';
      if (cause instanceof Failure) throw cause;
      throw new Failure('UNAVAILABLE', `The secret ${this.name} is missing.`, {}, cause);
    }
    this.polledAt = now;
    return this.kept;
  }

  private usable(text: string): string {
    this.require(this.name, text);
    rememberSecret(text);
    return text;
  }
}

function requireText(name: string, text: string): void {
  if (text === '') throw new Failure('UNAVAILABLE', `The secret ${name} is empty.`);
}

function requireToken(name: string, token: string): void {
  if (token.length < LENGTH_MIN)
    throw new Failure('UNAVAILABLE', `The secret ${name} is too short.`);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Failure('UNAVAILABLE', `The secret ${name} has characters no header takes.`);
}
