/**
 * The model of Redis gives the replies of a redis-server and ends with the same keys, over random
 * commands and commits. A failing run prints its seed; MODEL_SEED repeats it.
 */
import { Command } from 'ioredis';
import { integerBelow, seededRandom, type Random } from '#shared/kernel/random.ts';
import { commitScriptOf, packed, type PackedChange } from '#shared/redis/joined-commits.ts';
import { ownedKeyScripts } from '#shared/redis/owned-key.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { RealRedis } from './redis/real-redis.ts';
import { RedisModel } from './redis/redis-model.ts';
import type { StateServer } from './redis/state-server.ts';

const SEED = process.env['MODEL_SEED'] ?? 'model-1';
const ROUNDS = 150;
const COMMANDS_EACH = 60;
/** Two names a type, and one that is used as every type. */
const NAMES = ['a', 'b', 'any'];
const VALUES = ['x', 'y', 'ü', '', '7', '-3', 'zz', 'x#3', 'y#12'];
const { claim, release, renew } = ownedKeyScripts;

let redis: TestRedis;
let server: RealRedis;
beforeAll(async () => {
  redis = await startTestRedis();
  server = new RealRedis(redis.url, 0);
});
afterAll(async () => {
  await server.close();
  await redis.stop();
});

type Words = readonly [name: string, ...args: string[]];

class Draw {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  words(): Words {
    const makers: readonly (() => Words)[] = [
      ...this.strings(),
      ...this.hashes(),
      ...this.lists(),
      ...this.sets(),
      ...this.sortedSets(),
      () => ['del', this.name('s'), this.name('h')],
      () => ['exists', this.name('s'), this.name('z')],
      () => ['pexpire', this.name('s'), '1000000'],
      () => this.commits(),
      () => ['eval', release, '1', this.name('s'), this.value()],
      () => ['eval', claim, '1', this.name('s'), this.pick(['x', 'y']), this.number(), '1000000'],
      () => ['eval', renew, '1', this.name('s'), this.value(), '1000000'],
    ];
    return this.pick(makers)();
  }

  private strings(): (() => Words)[] {
    return [
      () => ['get', this.name('s')],
      () => ['set', this.name('s'), this.value()],
      () => ['set', this.name('s'), this.value(), 'PX', '1000000', 'NX'],
      () => ['incr', this.name('s')],
      () => ['incrby', this.name('s'), this.number()],
    ];
  }

  private hashes(): (() => Words)[] {
    const field = (): string => this.pick(['version', 'f', 'g']);
    return [
      () => ['hset', this.name('h'), field(), this.value(), field(), this.value()],
      () => ['hsetnx', this.name('h'), field(), this.value()],
      () => ['hget', this.name('h'), field()],
      () => ['hmget', this.name('h'), field(), field()],
      () => ['hgetall', this.name('h')],
      () => ['hkeys', this.name('h')],
      () => ['hvals', this.name('h')],
      () => ['hdel', this.name('h'), field()],
    ];
  }

  private lists(): (() => Words)[] {
    return [
      () => ['rpush', this.name('l'), this.value(), this.value()],
      () => ['lrange', this.name('l'), this.number(), this.number()],
      () => ['lindex', this.name('l'), this.number()],
    ];
  }

  private sets(): (() => Words)[] {
    return [
      () => ['sadd', this.name('t'), this.value(), this.value()],
      () => ['srem', this.name('t'), this.value()],
      () => ['sismember', this.name('t'), this.value()],
      () => ['smembers', this.name('t')],
    ];
  }

  private sortedSets(): (() => Words)[] {
    return [
      () => ['zadd', this.name('z'), this.number(), this.value()],
      () => ['zrem', this.name('z'), this.value()],
      () => ['zcard', this.name('z')],
      () => ['zrevrange', this.name('z'), this.number(), this.number()],
      () => ['zrevrangebyscore', this.name('z'), '+inf', this.number()],
    ];
  }

  /** One to three that come together; one of two kinds of write may be refused. */
  private commits(): Words {
    const changes = Array.from({ length: 1 + integerBelow(this.random, 3) }, () => this.commit());
    const keys = changes.flatMap((change) => change.keys);
    const args = changes.flatMap((change) => change.args);
    const { sha, text } = commitScriptOf;
    const [name, script] = this.random() < 0.5 ? ['eval', text] : ['evalsha', sha];
    return [name ?? '', script ?? '', String(keys.length), ...keys, ...args];
  }

  private commit(): PackedChange {
    const [document, set] = [this.name('h'), this.name('t')];
    const guard = {
      key: 'epoch',
      id: this.pick(['x', 'y']),
      generation: integerBelow(this.random, 2),
      sequence: integerBelow(this.random, 3),
      advance: this.random() < 0.5,
    };
    return packed({
      expect: [{ key: document, version: this.pick([0, 7]) }],
      write: [
        { op: 'HSET', key: document, args: ['version', '7', 'json', this.value()] },
        { op: this.pick(['SADD', 'SREM']), key: set, args: [this.value()] },
      ],
      guard: this.random() < 0.6 ? guard : undefined,
      mark: this.random() < 0.2 ? { key: this.name('s'), value: this.value() } : undefined,
    });
  }

  private name(type: string): string {
    const name = this.pick(NAMES);
    return name === 'any' ? 'any' : `${type}:${name}`;
  }

  private value(): string {
    return this.pick(VALUES);
  }

  private number(): string {
    return String(integerBelow(this.random, 9) - 4);
  }

  private pick<T>(among: readonly T[]): T {
    return among[integerBelow(this.random, among.length)] as T;
  }
}

/** A reply, or the kind of the error; members of hashes and sets have no order. */
async function replyOf(on: StateServer, [name, ...args]: Words): Promise<string> {
  try {
    const reply = plain(await on.send(new Command(name, args)));
    const isUnordered = ['hkeys', 'hvals', 'smembers'].includes(name);
    if (isUnordered) return JSON.stringify((reply as string[]).toSorted());
    if (name !== 'hgetall') return JSON.stringify(reply);
    const flat = reply as string[];
    const pairs = flat.flatMap((field, at) => (at % 2 === 0 ? [[field, flat[at + 1]]] : []));
    return JSON.stringify(pairs.toSorted());
  } catch (thrown) {
    return kindOf(thrown as Error);
  }
}

function kindOf({ message }: Error): string {
  return `error ${message.split(' ')[0]}`;
}

function plain(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString();
  if (reply instanceof Error) return kindOf(reply);
  return Array.isArray(reply) ? reply.map(plain) : reply;
}

test(`${ROUNDS * COMMANDS_EACH} random commands have the replies of a redis-server (seed ${SEED})`, async () => {
  const model = new RedisModel();
  const epoch: Words = ['hset', 'epoch', 'id', 'x', 'generation', '1', 'sequence', '1'];
  // The script is known to the server by its hash from here on.
  await server.send(new Command('script', ['load', commitScriptOf.text]));
  const kinds = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const draw = new Draw(seededRandom(`${SEED} ${round}`));
    await Promise.all([server.flush(), model.flush()]);
    for (let index = 0; index < COMMANDS_EACH; index += 1) {
      const words = index === 0 ? epoch : draw.words();
      const [expected, given] = [await replyOf(server, words), await replyOf(model, words)];
      expect([round, index, words, given]).toEqual([round, index, words, expected]);
      const kind = expected.startsWith('error') ? expected : words[0];
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
  }
  // A comparison of refusals alone would say nothing.
  for (const kind of ['evalsha', 'eval', 'hset', 'zrevrange', 'lrange', 'set', 'error WRONGTYPE'])
    expect(kinds.get(kind)).toBeGreaterThan(50);
});

test('a kept state is set back whole, and is not changed by what happens after', async () => {
  const model = new RedisModel();
  const say = (name: string, ...args: string[]): Promise<unknown> =>
    model.send(new Command(name, args));
  await say('hset', 'h', 'f', '1');
  const kept = await model.keep();
  await say('hset', 'h', 'f', '2');
  await say('set', 's', 'new');
  await model.restore(kept);
  expect(await say('hgetall', 'h')).toEqual(['f', '1']);
  expect(await say('get', 's')).toBeNull();
});

test('a command or a script that the model does not know is refused', async () => {
  const model = new RedisModel();
  await expect(model.send(new Command('getdel', ['a']))).rejects.toThrow('no command getdel');
  await expect(model.send(new Command('eval', ['return 1', '0']))).rejects.toThrow('script');
});
