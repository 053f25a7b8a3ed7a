/**
 * Commits that are asked for in one turn of the event loop are sent as one call of the script: together they cost one
 * round trip and one wait for the disk. Each is applied or refused by itself.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Expectation, Write } from './change.ts';
import type { Epoch } from './epoch.ts';
import commitScript from './scripts/commit.lua';

export interface Change {
  readonly expect: readonly Expectation[];
  readonly write: readonly Write[];
  readonly guard?: (Epoch & { readonly key: string; readonly advance: boolean }) | undefined;
  readonly mark?: { readonly key: string; readonly value: string } | undefined;
}

/** A change as the script takes it. */
export interface PackedChange {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** What became of a commit: `[1]`, `[0]`, `[-1]`, or an error. */
export type CommitReply = readonly number[] | Error;

interface Waiting {
  readonly change: PackedChange;
  readonly resolve: (reply: readonly number[]) => void;
  readonly reject: (thrown: unknown) => void;
}

/** Redis answers nobody else while it applies them. */
const TOGETHER_MAX = 64;
const TOGETHER_LENGTH_MAX = 2 ** 18;

export const commitScriptOf = {
  sha: createHash('sha1').update(commitScript).digest('hex'),
  text: commitScript,
};

export class JoinedCommits {
  private readonly redis: Redis;
  private waiting: Waiting[] = [];
  private length = 0;

  constructor(redis: Redis) {
    this.redis = redis;
  }

  /** @returns what the script says of this commit */
  add(change: PackedChange): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length === 0) process.nextTick(() => this.sendWaiting());
      this.waiting.push({ change, resolve, reject });
      this.length += change.args.reduce((sum, arg) => sum + arg.length, 0);
      if (this.waiting.length >= TOGETHER_MAX || this.length >= TOGETHER_LENGTH_MAX)
        this.sendWaiting();
    });
  }

  private sendWaiting(): void {
    const { waiting } = this;
    this.waiting = [];
    this.length = 0;
    if (waiting.length > 0) void this.send(waiting);
  }

  private async send(commits: readonly Waiting[]): Promise<void> {
    try {
      const replies = await this.run(commits);
      for (const [index, { resolve, reject }] of commits.entries()) {
        const reply = replies[index];
        if (Array.isArray(reply)) resolve(reply as readonly number[]);
        else reject(reply);
      }
    } catch (thrown) {
      // Refused as a whole, nothing was changed: the first one may be what is wrong, and the others not.
      if (commits.length > 1 && isReply(thrown)) for (const one of commits) void this.send([one]);
      else for (const { reject } of commits) reject(thrown);
    }
  }

  private async run(commits: readonly Waiting[]): Promise<readonly CommitReply[]> {
    const keys: string[] = [];
    const args: string[] = [];
    for (const { change } of commits) {
      for (const key of change.keys) keys.push(key);
      for (const arg of change.args) args.push(arg);
    }
    const call = [keys.length, ...keys, ...args] as const;
    try {
      return (await this.redis.evalsha(commitScriptOf.sha, ...call)) as CommitReply[];
    } catch (thrown) {
      if (!isUnknownScript(thrown)) throw thrown;
      return (await this.redis.eval(commitScriptOf.text, ...call)) as CommitReply[];
    }
  }
}

/** Redis asks for the text of a script that it does not hold yet. */
export function isUnknownScript(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.startsWith('NOSCRIPT');
}

function isReply(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'ReplyError';
}

/** A plan of few words instead of an argument for each: to send an argument costs more than to read a word. */
export function packed({ expect, write, guard, mark }: Change): PackedChange {
  const keys: string[] = [];
  const index = (key: string): number => {
    const known = keys.indexOf(key);
    return known < 0 ? keys.push(key) : known + 1;
  };
  const texts: string[] = [];
  let plan = '0';
  if (guard) {
    const { id, generation, sequence, advance, key } = guard;
    plan = `${index(key)} ${generation} ${sequence} ${advance ? 1 : 0}`;
    texts.push(id);
  }
  if (mark) texts.push(mark.value);
  plan += ` ${mark ? index(mark.key) : 0} ${expect.length}`;
  for (const { key, version } of expect) plan += ` ${index(key)} ${version}`;
  for (const { op, key, args } of write) {
    plan += ` ${op} ${index(key)} ${args.length}`;
    for (const arg of args) texts.push(arg);
  }
  return { keys, args: [`${keys.length} ${texts.length} ${plan}`, ...texts] };
}
