/**
 * The forms of REDIS_URL: one server; two or more, of which the primary is discovered; sentinels; or
 * servers of a cluster.
 */
import type { RedisOptions } from 'ioredis';
import { Failure } from '#shared/kernel/failure.ts';

/** Options of ioredis, without those that would change the type of its replies. */
export type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

export type RedisAddress =
  | { readonly kind: 'one'; readonly address: string }
  | {
      readonly kind: 'several';
      readonly servers: readonly ServerAddress[];
      readonly options: ConnectionOptions;
    }
  | { readonly kind: 'sentinels'; readonly options: ConnectionOptions }
  | {
      readonly kind: 'cluster';
      readonly servers: readonly ServerAddress[];
      readonly options: ConnectionOptions;
    };

const FORM =
  /^(redis|rediss|redis\+sentinel|redis\+cluster|rediss\+cluster):\/\/(?:([^@/]*)@)?([^/?@]+)((?:\/[^/?]*)*)$/;
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

/** @throws Failure INVALID_REQUEST naming REDIS_URL */
export function parseRedisUrl(url: string): RedisAddress {
  // ioredis takes a socket as a bare path.
  if (url.startsWith('unix://')) return { kind: 'one', address: url.slice('unix://'.length) };
  const [, scheme, auth = '', hosts = '', path = ''] = FORM.exec(url) ?? [];
  const isSentinel = scheme === 'redis+sentinel';
  const isCluster = isClusterUrl(url);
  if (!isSentinel && !isCluster && !hosts.includes(',')) return { kind: 'one', address: url };
  const servers = hosts.split(',').map((host) => serverOf(host, isSentinel));
  const [first = '', second = ''] = path.split('/').slice(1);
  const options = { ...credentialsOf(auth), ...(scheme?.startsWith('rediss') && { tls: {} }) };
  if (isCluster && first !== '') throw invalid('a cluster has no databases');
  if (isCluster) return { kind: 'cluster', servers, options };
  if (!isSentinel)
    return { kind: 'several', servers, options: { ...options, db: databaseOf(first) } };
  if (first === '') throw invalid('the name of the primary is missing: redis+sentinel://…/NAME');
  const sentinels = servers.map(({ host, port }) => ({ host, port }));
  // Theirs is the same password, without a user: whoever may promote servers must not be open to the network.
  const { password: sentinelPassword } = options;
  const asked = sentinelPassword === undefined ? {} : { sentinelPassword };
  const own = { sentinels, name: first, db: databaseOf(second), ...asked };
  return { kind: 'sentinels', options: { ...options, ...own } };
}

/** Whether all keys must share a slot. */
export function isClusterUrl(url: string): boolean {
  return /^rediss?\+cluster:/.test(url);
}

function serverOf(text: string, isSentinel: boolean): ServerAddress {
  const [, host, port] = /^([A-Za-z0-9_.-]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === undefined) throw invalid(`"${text}" is not HOST or HOST:PORT`);
  return { host, port: Number(port ?? (isSentinel ? SENTINEL_PORT : REDIS_PORT)) };
}

function credentialsOf(auth: string): Pick<ConnectionOptions, 'username' | 'password'> {
  if (auth === '') return {};
  const colon = auth.indexOf(':');
  const [username, password] =
    colon < 0 ? [auth, ''] : [auth.slice(0, colon), auth.slice(colon + 1)];
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  };
}

/** The password of an address, as it is written there and as it is sent. */
export function passwordsIn(url: string): readonly string[] {
  const [, , auth = ''] = FORM.exec(url) ?? [];
  const { password = '' } = credentialsOf(auth);
  return [password, auth.split(':').slice(1).join(':')];
}

function databaseOf(text: string): number {
  if (text === '') return 0;
  if (!/^\d{1,4}$/.test(text)) throw invalid(`"${text}" is not the number of a database`);
  return Number(text);
}

function invalid(why: string): Failure {
  return new Failure('INVALID_REQUEST', `REDIS_URL: ${why}.`, { field: 'REDIS_URL' });
}
