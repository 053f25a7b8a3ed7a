import { Failure } from '#shared/kernel/failure.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { hostPort, isLoopback } from '#shared/process/loopback.ts';
import { hasGatewayTls, tlsFilesOf } from '#shared/process/tls-settings.ts';

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
    'a gateway for everybody in plain text',
    { GATEWAY_HOST: '0.0.0.0' },
    ['GATEWAY_HOST', 'READ_ACCESS'],
  ],
  [
    'a gateway for everybody with TLS, whose reads are open',
    { GATEWAY_HOST: '192.0.2.7', ...tls },
    ['READ_ACCESS'],
  ],
  [
    'a gateway for everybody with tokens only',
    { GATEWAY_HOST: '::', READ_ACCESS: 'token' },
    ['GATEWAY_HOST'],
  ],
  [
    'a gateway for everybody whose TLS is off',
    { GATEWAY_HOST: 'board-1', READ_ACCESS: 'token', GATEWAY_TLS: 'off', ...tls },
    ['GATEWAY_HOST'],
  ],
  [
    'a gateway for everybody with TLS and tokens',
    { GATEWAY_HOST: '0.0.0.0', READ_ACCESS: 'token', ...tls },
    [],
  ],
  ['gRPC in a container', { GRPC_HOST: '0.0.0.0', GATEWAY_EXPOSURE: 'container' }, []],
  ['a gateway in a container', { GATEWAY_HOST: '0.0.0.0', GATEWAY_EXPOSURE: 'container' }, []],
  ['TLS of the gateway without files', { GATEWAY_TLS: 'on' }, ['GATEWAY_TLS']],
  ['TLS of the gateway on loopback', { GATEWAY_TLS: 'on', ...tls }, []],
  [
    'faults of other settings too',
    { GRPC_HOST: '::', MINIMUM_ORDER: '-1' },
    ['MINIMUM_ORDER', 'GRPC_HOST'],
  ],
])('of %s, all that is wrong is named', (_what, env, fields) => {
  expect(complainedAbout(env)).toEqual(fields);
});

test.each<[Record<string, string>, boolean]>([
  [{}, false],
  [tls, false],
  [{ ...tls, GATEWAY_TLS: 'on' }, true],
  [{ ...tls, GATEWAY_HOST: '0.0.0.0', READ_ACCESS: 'token' }, true],
])('of %j, the gateway speaks TLS: %p', (env, expected) => {
  expect(hasGatewayTls(parseSettings(env))).toBe(expected);
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
