/**
 * A model of Redis in memory: the commands and the scripts that stores use, no others. It rejects
 * anything else, so that no point passes on a reply that Redis would not give.
 * `redis-model.test.ts` compares it with a redis-server over random commands. Keys do not expire.
 */
import type { Command } from 'ioredis';
import { commands } from './model-commands.ts';
import { Keyspace, type Entries } from './keyspace.ts';
import { CLAIMS, type StateServer } from './state-server.ts';

export class RedisModel implements StateServer<Entries> {
  private readonly keyspace = new Keyspace();
  /** Commands since MULTI. */
  private queued: Command[] | undefined;

  /** Applied at once, in the order of the calls; the reply comes a microtask later. */
  async send(command: Command): Promise<unknown> {
    const name = command.name.toLowerCase();
    if (name === 'multi') return this.begin();
    if (name === 'exec') return this.end();
    if (!this.queued) return this.reply(command);
    this.queued.push(command);
    return 'QUEUED';
  }

  flush(): Promise<void> {
    this.keyspace.entries = new Map();
    return Promise.resolve();
  }

  keep(): Promise<Entries> {
    return Promise.resolve(this.keyspace.entries);
  }

  restore(kept: Entries): Promise<void> {
    this.keyspace.entries = kept;
    return Promise.resolve();
  }

  expireClaims(): Promise<void> {
    const names = [...this.keyspace.entries.keys()].filter((name) => CLAIMS.test(name));
    for (const name of names) this.keyspace.remove(name);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private begin(): string {
    if (this.queued) throw new Error('ERR MULTI calls can not be nested');
    this.queued = [];
    return 'OK';
  }

  private end(): unknown[] {
    const { queued } = this;
    if (!queued) throw new Error('ERR EXEC without MULTI');
    this.queued = undefined;
    return queued.map((command) => this.reply(command));
  }

  private reply({ name, args }: Command): unknown {
    const run = commands[name.toLowerCase()];
    if (!run) throw new Error(`the model of Redis has no command ${name}`);
    return run(this.keyspace, args.map(String));
  }
}
