import { shownEnvironment } from '#gateway/runtime/system-api/shown-environment.ts';

const shown = (name: string, value = 'planted') => shownEnvironment({ [name]: value })[name];

describe('the environment of a function, as it is shown', () => {
  it.each([
    ...['ALPACA_SECRET_KEY', 'alpaca-secret-key', 'TRADERNET_PRIVATE_KEY', 'IBKR_FLEX_TOKEN'],
    ...['TOKEN', 'DB_PASSWORD', 'api_key', 'OPENFIGI_API_KEY', 'APCA-API-KEY-ID', 'CREDENTIALS'],
  ])('hides the value of %s', (name) => {
    expect(shown(name)).toBe('(hidden)');
  });

  it.each([
    'GRPC_TLS_KEY_FILE',
    'LOG_LEVEL',
    'exec_timeout',
    'REDIS_KEY_PREFIX',
    'TOKEN_PATH',
    'MONKEY',
  ])('shows the value of %s', (name) => {
    expect(shown(name)).toBe('planted');
  });

  it('hides passwords in addresses, and private keys, under any name', () => {
    expect(shown('REDIS_URL', 'redis://user:planted@host:6379/0')).toBe(
      'redis://user:(hidden)@host:6379/0',
    );
    expect(shown('REDIS_URL', 'rediss://:planted@host')).toBe('rediss://:(hidden)@host');
    expect(shown('X', '-----BEGIN RSA PRIVATE KEY-----\nplanted')).toBe('(hidden)');
    expect(shown('URL', 'http://host:8080/a@b')).toBe('http://host:8080/a@b');
  });
});
