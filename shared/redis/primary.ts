/**
 * Connections to whichever of several servers is the primary. A replica answers reads, too, so the role
 * is asked for after each connect; a write that meets a replica is sent again to the next server.
 */
import { Redis } from 'ioredis';
import { rememberSecret } from '#shared/process/logging/known-secrets.ts';
import {
  parseRedisUrl,
  passwordsIn,
  type ConnectionOptions,
  type ServerAddress,
} from './addresses.ts';
import { joiningWrites } from './joined-writes.ts';
import { openSlotOwner } from './slot-owner.ts';

/** A board without power does not refuse a connection; the attempt times out. */
const CONNECT_TIMEOUT_MS = 1_500;
const RESEND = 2;

/**
 * @param key of the installation, by whose hash tag its server in a cluster is found
 * @param options of a connection to one server
 */
export function openRedis(url: string, key: string, options: ConnectionOptions): Redis {
  for (const password of passwordsIn(url)) rememberSecret(password);
  return joiningWrites(openAt(url, key, options));
}

function openAt(url: string, key: string, options: ConnectionOptions): Redis {
  const parsed = parseRedisUrl(url);
  if (parsed.kind === 'one') return new Redis(parsed.address, options);
  if (parsed.kind === 'sentinels')
    return new Redis({ ...options, ...parsed.options, reconnectOnError });
  if (parsed.kind === 'cluster')
    return openSlotOwner(parsed.servers, key, { ...options, ...parsed.options });
  return openSeveral(parsed.servers, { ...options, ...parsed.options });
}

function openSeveral(servers: readonly ServerAddress[], options: ConnectionOptions): Redis {
  const redis = new Redis({
    ...options,
    ...servers[0],
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectOnError,
    // Called with the options of the connection itself, also for the duplicates that BullMQ makes.
    retryStrategy(this: Partial<ServerAddress>, times: number) {
      Object.assign(this, after(servers, this));
      return options.retryStrategy?.(times);
    },
  });
  redis.on('ready', () => void leaveReplica(redis));
  return redis;
}

function after(
  servers: readonly ServerAddress[],
  { host, port }: Partial<ServerAddress>,
): ServerAddress | undefined {
  const at = servers.findIndex((server) => server.host === host && server.port === port);
  return servers[(at + 1) % servers.length];
}

/** A replica that is about to be promoted is asked again after the reconnection delay. */
async function leaveReplica(redis: Redis): Promise<void> {
  const role = await redis.call('ROLE').catch(() => undefined);
  if (Array.isArray(role) && role[0] !== 'master') redis.disconnect(true);
}

function reconnectOnError({ message }: Error): 2 | false {
  return message.includes('READONLY') ? RESEND : false;
}
