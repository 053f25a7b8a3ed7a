import fc from 'fast-check';
import { rememberSecret } from '#shared/process/logging/known-secrets.ts';
import { openLog, type LogFacts } from '#shared/process/log.ts';
import {
  logModules,
  logRulesOf,
  type Level,
  type LogRules,
} from '#shared/process/logging/log-rules.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';

type Line = Readonly<Record<string, unknown>>;

function written(rules: Level | LogRules, facts: LogFacts, level: Level = 'info'): string {
  const lines: string[] = [];
  openLog(rules, (line) => void lines.push(line))[level]('tested', facts);
  return lines.join('\n');
}

const shown = (facts: LogFacts): Line => JSON.parse(written('info', facts)) as Line;
const rulesOf = (env: Record<string, string>): LogRules => logRulesOf(parseSettings(env));

describe('a line', () => {
  it('is one line of JSON that begins with level, time and event', () => {
    const text = written('info', { detail: 'one\ntwo', count: 3 });
    expect(text).not.toContain('\n');
    expect(Object.keys(JSON.parse(text) as Line)).toEqual([
      'level',
      'time',
      'event',
      'detail',
      'count',
    ]);
    expect(shown({})['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('is written whatever the facts are', () => {
    const named = new Map<unknown, unknown>([
      [Object.create(null), 1],
      [{}, 2],
      ['third', 3],
    ]);
    expect(shown({ named })['named']).toEqual({ 'key 0': 1, 'key 1': 2, third: 3 });
    const circular: Record<string, unknown> = { big: 12n, bytes: Buffer.from('abc') };
    circular['self'] = circular;
    expect(shown({ circular })['circular']).toEqual({
      big: '12',
      bytes: '[3 bytes]',
      self: '[circular]',
    });
    fc.assert(
      fc.property(fc.object({ withBigInt: true, withMap: true, withSet: true }), (fact) => {
        expect(shown({ fact })['event']).toBe('tested');
      }),
      { seed: 15 },
    );
  });

  it('has the failure, its facts and its cause', () => {
    const cause = new Failure('REFUSED', 'No.', { rule: 'closed' }, new Error('below'));
    expect(shown({ cause })['cause']).toMatchObject({
      code: 'REFUSED',
      rule: 'closed',
      message: 'No.',
      cause: { name: 'Error', message: 'below' },
    });
  });
});

describe('levels', () => {
  it('are those of the module where LOG_LEVELS names it', () => {
    const lines: string[] = [];
    const rules = rulesOf({ LOG_LEVEL: 'warn', LOG_LEVELS: 'connector=debug, facade=error' });
    const log = openLog(rules, (line) => void lines.push(line));
    log.with({ module: 'connector' }).with({ run: 'r' }).debug('one');
    log.with({ module: 'facade' }).warn('two');
    log.with({ module: 'trading' }).info('three');
    log.warn('four');
    expect(lines.map((line) => (JSON.parse(line) as Line)['event'])).toEqual(['one', 'four']);
  });

  it.each([
    ['unknown=debug', 'LOG_LEVELS'],
    ['connector', 'LOG_LEVELS'],
    ['connector=loud', 'LOG_LEVELS'],
    ['connector=info=debug', 'LOG_LEVELS'],
  ])('refuse %s, naming the setting', (text, field) => {
    expect(() => parseSettings({ LOG_LEVELS: text })).toThrow(field);
  });

  it('can be set for every module', () => {
    const all = logModules.map((name) => `${name}=error`).join(',');
    expect(parseSettings({ LOG_LEVELS: all }).logLevels.size).toBe(logModules.length);
  });
});

describe('a planted secret', () => {
  const planted = 'pl4nted-S3cret.value_0123456789';
  const jwt = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from('{"a":1}').toString('base64url')}.c2ln`;
  const pem = `-----BEGIN PRIVATE KEY-----\nMIIE${'A'.repeat(60)}\n-----END PRIVATE KEY-----`;

  it.each<[string, LogFacts]>([
    ['under the name of a secret', { password: planted }],
    ['under such a name, deeper', { request: { headers: { Authorization: planted } } }],
    ['in a list of cookies', { 'set-cookie': [`sid=${planted}`] }],
    ['under a name in another case', { 'X-Api-Key': planted, apiSecret: planted }],
    ['as a bearer token in a text', { detail: `sent Authorization: Bearer ${planted}` }],
    ['in an address', { url: `redis://user:${planted}@board:6379/0` }],
    ['in a query', { detail: `GET /x?token=${planted}&y=1 failed` }],
    ['in JSON inside a text', { detail: `{"api_key":"${planted}"}` }],
    ['in an error', { cause: new Error(`password=${planted}`) }],
    [
      'in the cause of a failure',
      {
        cause: new Failure('BUG', 'x', { token: planted }, new Error(`secret: ${planted}`)),
      },
    ],
    [
      'in a map and a set',
      { map: new Map([['token', planted]]), set: new Set([`token=${planted}`]) },
    ],
    ['in nested lists', { list: [[[{ deep: [{ token: planted }] }]]] }],
    ['in a list of headers', { rawHeaders: ['host', 'a', 'Authorization', planted] }],
    ['in pairs of headers', { headers: [['cookie', planted]] }],
    ['under the name beside it', { headers: [{ name: 'authorization', value: planted }] }],
    ['as a credential of another scheme', { detail: `Authorization: Digest ${planted}` }],
    ['with a blank in it', { detail: `{"password":"correct ${planted} battery"}` }],
    ['with a quote in it', { detail: String.raw`{"password":"a\"${planted}"}` }],
    ['in JSON in JSON', { detail: JSON.stringify({ body: JSON.stringify({ secret: planted }) }) }],
    ['in JSON in JSON in JSON', { detail: JSON.stringify(JSON.stringify(`{"pwd":"${planted}"}`)) }],
    ['as the user of an address', { url: `https://${planted}@host/path` }],
    ['with an @ in an address', { url: `postgres://user:a@${planted}@host/path` }],
    ['in a fragment', { detail: `/callback#access_token=${planted}&state=1` }],
    ['in bytes', { body: Buffer.from(planted), stored: Buffer.from(planted).toJSON() }],
    [
      'as basic authentication',
      { detail: `basic ${Buffer.from(`a:${planted}`).toString('base64')}` },
    ],
    ['in causes of causes', { cause: new Error('a', { cause: new Error(`sid=${planted}`) }) }],
    ['as a cause that is none', { cause: new Error('a', { cause: { bearer: planted } }) }],
    ['under short names', { auth: { user: 'a', pass: planted }, pin: planted, otp: planted }],
  ])('is not written %s', (_where, facts) => {
    const text = written('info', facts);
    expect(text).toContain('"event":"tested"');
    expect(text).not.toContain(planted);
  });

  it('is not written as a JWT or a private key', () => {
    expect(written('info', { detail: `got ${jwt}` })).not.toContain(jwt);
    expect(written('info', { detail: pem })).not.toContain('MIIE');
  });

  it('is not written anywhere once it was read, in whatever text', () => {
    const read = 'f00dfeedf00dfeedf00dfeed';
    rememberSecret(read);
    const text = written('error', { detail: `x${read}y`, list: [{ a: read }] }, 'error');
    expect(text).not.toContain(read);
    expect(text).toContain('x[secret]y');
  });

  it('is not written once it was read, in any form', () => {
    const read = 'pass "word" & 4n0ther/secret?';
    rememberSecret(read);
    const forms = {
      address: `http://host/?q=${encodeURIComponent(read)}`,
      json: JSON.stringify({ q: read }),
      encoded: ['', 'a', 'ab', 'user:'].map((before) =>
        Buffer.from(`${before}${read}`).toString('base64'),
      ),
      [read]: 1,
    };
    const text = written('info', forms);
    for (const part of ['4n0ther', encodeURIComponent('4n0ther/secret')])
      expect(text).not.toContain(part);
    const decoded = [...text.matchAll(/[A-Za-z0-9+/=]{8,}/g)].map(([part]) =>
      Buffer.from(part, 'base64').toString(),
    );
    expect(decoded.join(' ')).not.toContain('4n0ther');
  });

  it('leaves names and counts of secrets readable', () => {
    expect(shown({ missing: ['trade-token'], tokens: 3, keptSerial: '0A' })).toMatchObject({
      missing: ['trade-token'],
      tokens: 3,
      keptSerial: '0A',
    });
    const names = {
      missing: ['read-token', 'write-token', 'trade-token'],
      url: 'http://host:80/a',
    };
    expect(shown(names)).toMatchObject(names);
  });
});

describe('money', () => {
  const facts: LogFacts = {
    detail: 'The order of EUR 12,345.60 and 7 500 USD (€80) exceeds it.',
    value: Money.parse('4321.99', 'EUR'),
    last: Price.parse('87.1234', 'USD'),
    message: { amount: '55.55', currency: 'EUR' },
    notional: 66.66,
    orderPrice: '77.77',
    cause: new Failure('REFUSED', 'EUR 88.88 is too much.'),
  };
  const amounts = ['12,345', '7 500', '€80', '4321', '87.12', '55.55', '66.66', '77.77', '88.88'];

  it.each(amounts)('is not written: %s', (amount) => {
    for (const level of ['info', 'warn', 'error'] as const)
      expect(written('info', facts, level)).not.toContain(amount);
  });

  it('is written where LOG_MONEY is on', () => {
    const text = written(rulesOf({ LOG_MONEY: 'on' }), facts);
    for (const amount of amounts) expect(text).toContain(amount);
  });

  it('is not seen in other numbers', () => {
    const other = { detail: 'RFC 3339, HTTP 503, 12 of 40, 2026-11-29', durationMs: 12, count: 4 };
    expect(shown(other)).toMatchObject(other);
  });
});
