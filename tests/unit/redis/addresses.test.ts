import { parseRedisUrl } from '#shared/redis/addresses.ts';

it('leaves the address of one server to the client', () => {
  const url = 'rediss://user:a%40b@state.local:6380/3';
  expect(parseRedisUrl(url)).toEqual({ kind: 'one', address: url });
  expect(parseRedisUrl('unix:///run/redis.sock')).toEqual({
    kind: 'one',
    address: '/run/redis.sock',
  });
});

it('names several servers, with one password and database', () => {
  expect(parseRedisUrl('rediss://:p%40w@a.local,b.local:6380/2')).toEqual({
    kind: 'several',
    servers: [
      { host: 'a.local', port: 6379 },
      { host: 'b.local', port: 6380 },
    ],
    options: { password: 'p@w', tls: {}, db: 2 },
  });
});

it('names sentinels and the primary they know', () => {
  expect(parseRedisUrl('redis+sentinel://:pw@a,b:2,c/trader/1')).toEqual({
    kind: 'sentinels',
    options: {
      password: 'pw',
      sentinelPassword: 'pw',
      name: 'trader',
      db: 1,
      sentinels: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 2 },
        { host: 'c', port: 26379 },
      ],
    },
  });
});

it('names servers of a cluster', () => {
  expect(parseRedisUrl('rediss+cluster://user:p%40w@a.local,b.local:7000')).toEqual({
    kind: 'cluster',
    servers: [
      { host: 'a.local', port: 6379 },
      { host: 'b.local', port: 7000 },
    ],
    options: { username: 'user', password: 'p@w', tls: {} },
  });
  expect(parseRedisUrl('redis+cluster://a')).toMatchObject({ servers: [{ host: 'a' }] });
});

it.each([
  ['redis+cluster://a,b/1', 'a cluster has no databases'],
  ['redis+sentinel://a,b,c', 'the name of the primary is missing'],
  ['redis://a,b c', '"b c" is not HOST or HOST:PORT'],
  ['redis://a,', '"" is not HOST or HOST:PORT'],
  ['redis://a,b/x', '"x" is not the number of a database'],
])('%s is refused by name', (url, why) => {
  expect(() => parseRedisUrl(url)).toThrow(`REDIS_URL: ${why}`);
});
