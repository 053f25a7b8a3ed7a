import { Failure } from '#shared/kernel/failure.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { hostPort, isLoopback } from '#shared/process/loopback.ts';
import { tlsFilesOf } from '#shared/process/tls-settings.ts';

/** The settings that are complained about, in order. */
function complainedAbout(env: Record<string, string>): string[] {
  try {
    parseSettings(env);
    return [];
  } catch (thrown) {
    const { violations } = Failure.from(thrown).facts as { violations: { field: string }[] };
    return violations.map(({ field }) => field);
  }
}

const tls = { GRPC_TLS_CERT: 'cert.pem', GRPC_TLS_KEY: 'key.pem' };

test.each<[string, Record<string, string>, string[]]>([
  ['the defaults', {}, []],
  ['another address without TLS', { GRPC_HOST: '0.0.0.0' }, ['GRPC_HOST']],
  ['every address of IPv6 without TLS', { GRPC_HOST: '::' }, ['GRPC_HOST']],
  ['a name without TLS', { GRPC_HOST: 'board-1' }, ['GRPC_HOST']],
  [
    'another address with a CA only',
    { GRPC_HOST: '::', GRPC_TLS_CA: 'ca.pem' },
    ['GRPC_TLS_CERT', 'GRPC_HOST'],
  ],
  ['another address with TLS', { GRPC_HOST: '0.0.0.0', ...tls }, []],
  ['another address with mTLS', { GRPC_HOST: '::', ...tls, GRPC_TLS_CA: 'ca.pem' }, []],
  ['another address and no facade', { GRPC_HOST: '0.0.0.0', GRPC_PORT_BASE: '-1' }, []],
  ['a certificate without a key', { GRPC_TLS_CERT: 'cert.pem' }, ['GRPC_TLS_KEY']],
  ['a key without a certificate', { GRPC_TLS_KEY: 'key.pem' }, ['GRPC_TLS_CERT']],
  [
    'faults of other settings too',
    { GRPC_HOST: '::', MINIMUM_ORDER: '-1' },
    ['MINIMUM_ORDER', 'GRPC_HOST'],
  ],
])('of %s, all that is wrong is named', (_what, env, fields) => {
  expect(complainedAbout(env)).toEqual(fields);
});

test('the files are named by the settings, and the CA may be left out', () => {
  expect(tlsFilesOf(parseSettings({}))).toBeUndefined();
  expect(tlsFilesOf(parseSettings(tls))).toEqual({ cert: 'cert.pem', key: 'key.pem' });
  expect(tlsFilesOf(parseSettings({ ...tls, GRPC_TLS_CA: 'ca.pem' }))?.ca).toBe('ca.pem');
});

test.each(['127.0.0.1', '127.8.9.1', '::1', '[::1]', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST'])(
  '%s stays on this machine',
  (host) => expect(isLoopback(host)).toBe(true),
);

test.each([
  '0.0.0.0',
  '::',
  '128.0.0.1',
  '10.0.0.1',
  '127.0.0.1.example.org',
  'localhost.lan',
  '',
  '::2',
])('"%s" may leave this machine', (host) => expect(isLoopback(host)).toBe(false));

test.each([
  ['127.0.0.1', '127.0.0.1:50051'],
  ['::1', '[::1]:50051'],
  ['[::1]', '[::1]:50051'],
  ['board-1', 'board-1:50051'],
])('%s is listened on as %s', (host, address) => {
  expect(hostPort(host, 50051)).toBe(address);
});
