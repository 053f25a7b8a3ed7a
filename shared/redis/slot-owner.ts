/**
 * Connections to the server of a Redis Cluster that has the slot of one hash tag. An installation's keys all
 * have that tag, so that commits stay atomic and one connection serves them; the cluster gives it failover,
 * not throughput. The owner is asked for before each connect, so no command ever meets another server
 * unless the slot has moved since; then the command fails, unexecuted, and the connection is made anew.
 */
import { AbstractConnector, Redis } from 'ioredis';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Failure, unavailable } from '#shared/kernel/failure.ts';
import type { ConnectionOptions, ServerAddress } from './addresses.ts';
import { missingRights } from './missing-rights.ts';
import { refusalSentence } from './writability.ts';

/** A server without power does not refuse a connection; the attempt times out. */
const CONNECT_TIMEOUT_MS = 1_500;
const RECONNECT = 1;
const MOVED = /^(MOVED|ASK|CLUSTERDOWN|READONLY)\b/;

/** @param key has the hash tag */
export function openSlotOwner(
  servers: readonly ServerAddress[],
  key: string,
  options: ConnectionOptions,
): Redis {
  return new Redis({
    ...options,
    Connector: connectorTo(servers, key, options) as unknown as NonNullable<
      ConnectionOptions['Connector']
    >,
    connectTimeout: CONNECT_TIMEOUT_MS * (servers.length + 1),
    reconnectOnError: ({ message }) => (MOVED.test(message) ? RECONNECT : false),
  });
}

/** A class, as ioredis makes a connector of its own for each duplicate of a connection. */
function connectorTo(servers: readonly ServerAddress[], key: string, options: ConnectionOptions) {
  return class extends AbstractConnector {
    private first = 0;

    constructor({ disconnectTimeout }: { readonly disconnectTimeout: number }) {
      super(disconnectTimeout);
    }

    async connect(): Promise<Socket> {
      this.connecting = true;
      // Another one each time: the first may be cut off from the others and not know it.
      const order = [...servers.slice(this.first), ...servers.slice(0, this.first)];
      this.first = (this.first + 1) % servers.length;
      const owner = await ownerOf(order, key, options);
      if (!this.connecting) throw unavailable('Redis');
      const stream = options.tls ? connectTls({ ...owner, ...options.tls }) : connectTcp(owner);
      stream.once('error', (error) => (this.firstError = error));
      this.stream = stream;
      return stream;
    }
  };
}

/** As the first of the servers knows it that answers. */
async function ownerOf(
  servers: readonly ServerAddress[],
  key: string,
  options: ConnectionOptions,
): Promise<ServerAddress> {
  let failed: unknown;
  let refused: Failure | undefined;
  for (const server of servers) {
    try {
      const owner = await ownerAsked(server, key, options);
      if (owner) return owner;
      failed = unavailable(`A server of the cluster with the slot of ${key}`);
    } catch (thrown) {
      failed = thrown;
      if (thrown instanceof Failure) refused = thrown;
    }
  }
  // Why one refused says more than that another is away.
  throw refused ?? failed;
}

async function ownerAsked(
  server: ServerAddress,
  key: string,
  { username, password, tls }: ConnectionOptions,
): Promise<ServerAddress | undefined> {
  const redis = new Redis({
    ...server,
    ...{ username, password, tls },
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    lazyConnect: true,
    retryStrategy: () => null,
  });
  // A refused password closes the connection, and is said in an event only.
  let refused: Error | undefined;
  redis.on('error', (error: Error) => (refused = error));
  try {
    await redis.connect();
    const [slot, ranges] = await askBoth(redis, key);
    return ownerIn(ranges, slot, server);
  } catch (thrown) {
    const sentence = refused && refusalSentence(refused);
    if (sentence === undefined) throw thrown;
    throw new Failure('UNAVAILABLE', sentence, { what: 'Redis' }, refused);
  } finally {
    redis.disconnect();
  }
}

/** @throws Failure REFUSED `redis-rights` where the user may not ask */
async function askBoth(redis: Redis, key: string): Promise<[slot: number, ranges: SlotRange[]]> {
  const answers = await Promise.allSettled([
    redis.call('CLUSTER', 'KEYSLOT', key),
    redis.call('CLUSTER', 'SLOTS'),
  ]);
  const refused = ['cluster|keyslot', 'cluster|slots'].filter((_name, at) => {
    const answer = answers[at];
    return answer?.status === 'rejected' && /\bNOPERM\b/.test(String(answer.reason));
  });
  if (refused.length > 0) throw missingRights(refused);
  const [slot, ranges] = answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  });
  return [Number(slot), ranges as SlotRange[]];
}

type SlotRange = readonly [first: number, last: number, primary: readonly [string | null, number]];

/** A server that does not know its own address names none: it is where it was asked. */
function ownerIn(
  ranges: readonly SlotRange[],
  slot: number,
  asked: ServerAddress,
): ServerAddress | undefined {
  const range = ranges.find(([first, last]) => first <= slot && slot <= last);
  if (!range) return undefined;
  const [host, port] = range[2];
  return { host: host === null || host === '' || host === '?' ? asked.host : host, port };
}
