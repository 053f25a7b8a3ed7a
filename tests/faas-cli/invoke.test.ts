/** The real faas-cli calls functions and reads their logs. */
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRig, type Rig } from '../conformance/rig.ts';
import { FaasCli, noFaasCli } from '../support/deployment/faas-cli.ts';
import { describeNeeding } from '../support/needing.ts';

interface Echo {
  readonly method: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly callId: string;
}

describeNeeding(noFaasCli, 'faas-cli', () => {
  let rig: Rig;
  let cli: FaasCli;

  beforeAll(async () => {
    rig = await openRig({ fixtures: ['echo', 'log', 'status', 'throws', 'loops'] });
    cli = await FaasCli.open(rig.url);
    await cli.login(rig.adminPassword);
  });
  afterAll(async () => {
    await cli.close();
    await rig.close();
  });

  const invoke = async (args: readonly string[], stdin = ''): Promise<Echo> =>
    JSON.parse(await cli.mustRun(['invoke', 'echo', ...args], { stdin })) as Echo;

  describe('invoke', () => {
    test('posts what it reads, as text', async () => {
      const echo = await invoke([], 'grüße\n');
      expect(echo).toMatchObject({ method: 'POST', query: '', body: 'grüße\n' });
      expect(echo.headers['content-type']).toBe('text/plain');
    });

    test('posts nothing where nothing is read', async () => {
      expect(await invoke([])).toMatchObject({ method: 'POST', body: '' });
    });

    test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('asks with %s', async (method) => {
      expect((await invoke(['--method', method])).method).toBe(method);
    });

    test('passes queries, headers and content type on, but not its login', async () => {
      const args = ['--query', 'a=b', '--query', 'c=d e', '-H', 'X-One: two', '-H', 'X-Three: 4'];
      const echo = await invoke([...args, '--content-type', 'application/json'], '{"a":1}');
      expect([...new URLSearchParams(echo.query)]).toEqual([
        ['a', 'b'],
        ['c', 'd e'],
      ]);
      const { headers } = echo;
      expect(headers).toMatchObject({ 'x-one': 'two', 'x-three': '4' });
      expect(headers['content-type']).toBe('application/json');
      expect(headers).not.toHaveProperty('authorization');
      expect(echo.body).toBe('{"a":1}');
    });

    test('signs a body so that the function can check it', async () => {
      const { headers, body } = await invoke(['--sign', 'X-Signed', '--key', 'k'], 'sign me');
      const expected = createHmac('sha256', 'k').update(body).digest('hex');
      expect(headers['x-signed']).toBe(`sha256=${expected}`);
    });

    test('names the namespace, too', async () => {
      expect((await invoke(['--namespace', 'openfaas-fn'], 'x')).body).toBe('x');
      const other = await cli.run(['invoke', 'echo', '--namespace', 'other']);
      expect([other.code, other.out]).toEqual([1, expect.stringContaining('404')]);
    });

    test('prints bytes as they come, any 2xx, and many of them', async () => {
      const body = 'x'.repeat(2_000_000);
      expect(await cli.mustRun(['invoke', 'status', '--query', 'code=201'], { stdin: body })).toBe(
        body,
      );
      expect(await cli.mustRun(['invoke', 'status', '--query', 'code=204'])).toBe('');
    });

    test.each([
      ['an unknown function', ['nobody'], '404'],
      ['a function that says no', ['status', '--query', 'code=418'], '418'],
      ['a function that throws', ['throws'], '500'],
    ])('ends with 1 at %s', async (_what, args, status) => {
      const { code, out } = await cli.run(['invoke', ...args]);
      expect(code).toBe(1);
      expect(out).toContain(`unexpected status code: ${status}`);
    });

    test('ends with 1 when a function takes longer than it may', async () => {
      await rig.deploy('loops', { envVars: { exec_timeout: '200ms' } });
      const { code, out } = await cli.run(['invoke', 'loops', '--query', 'forever=1']);
      expect([code, out]).toEqual([1, expect.stringContaining('504')]);
    });
  });

  describe('invoke --async', () => {
    test('is accepted, and the function runs', async () => {
      const follow = cli.follow(['logs', 'log', '--lines', '1']);
      const { code, out, err } = await cli.run(['invoke', 'log', '--async'], { stdin: 'queued\n' });
      expect([code, out.trim(), err.trim()]).toEqual([0, '', 'Function submitted asynchronously.']);
      await follow.says('queued').finally(() => follow.stop());
    });

    test('ends with 1 at an unknown function', async () => {
      expect((await cli.run(['invoke', 'nobody', '--async'])).code).toBe(1);
    });
  });

  describe('logs', () => {
    const print = (text: string) => cli.mustRun(['invoke', 'log'], { stdin: `${text}\n` });
    const logs = async (...args: string[]): Promise<string[]> =>
      (await cli.mustRun(['logs', 'log', '--tail=false', ...args])).trim().split('\n');

    test('prints what a function printed, each line with its time', async () => {
      await print('one\ntwo');
      const lines = await logs();
      for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \S/);
      const texts = lines.map((line) => line.slice(line.indexOf(' ') + 1));
      expect(texts.slice(-3)).toEqual([
        'one',
        'two',
        expect.stringMatching(/^POST \/ - 200 - \d+\.\d+s \[\S+\]$/),
      ]);
    });

    test('prints the last lines only', async () => {
      await print('three');
      const lines = await logs('--lines', '2');
      expect(lines).toHaveLength(2);
      expect(lines[0]).toMatch(/ three$/);
    });

    test('prints lines since a time', async () => {
      await print('before');
      // faas-cli asks in whole seconds.
      await sleep(2_100);
      await print('after');
      const recent = (await logs('--since', '1s')).join('\n');
      expect(recent).toContain('after');
      expect(recent).not.toContain('before');
      expect((await logs('--since', '1h')).join('\n')).toContain('before');
      const { out } = await cli.run([
        'logs',
        'log',
        '--tail=false',
        '--since-time',
        '2999-01-01T00:00:00Z',
      ]);
      expect(out.trim()).toBe('');
    });

    test('prints JSON and pairs', async () => {
      await print('four');
      const [line] = await logs('--output', 'json', '--lines', '2');
      expect(JSON.parse(line ?? '')).toEqual({
        name: 'log',
        namespace: 'openfaas-fn',
        instance: expect.stringMatching(/^log-\d+$/) as unknown,
        timestamp: expect.stringMatching(/^20\d\d-.*Z$/) as unknown,
        text: 'four',
      });
      const [pairs] = await logs('-o', 'keyvalue', '--name', '--instance', '--lines', '2');
      expect(pairs).toMatch(/^timestamp="\S+" name="log" instance="log-\d+" text="four"/);
    });

    test('follows: lines come within the second, while it stays', async () => {
      const follow = cli.follow(['logs', 'log', '--lines', '1']);
      try {
        await follow.says(' ');
        for (const text of ['five', 'six']) {
          await print(text);
          expect(await follow.says(` ${text}\n`)).toBeLessThan(1_000);
        }
        expect(follow.child.exitCode).toBeNull();
      } finally {
        await follow.stop();
      }
      await print('seven');
      expect(follow.lines().join('\n')).not.toContain('seven');
    });

    test('shows lines of any length and bytes, and goes on', async () => {
      await cli.mustRun(['invoke', 'log'], { stdin: Buffer.from([0xff, 0xfe, 0x00, 0x0a]) });
      await print('x'.repeat(200_000));
      await print('\u001b[31mred\u001b[0m "quoted" \\ back');
      const lines = await logs('--lines', '6', '-o', 'json');
      expect(lines).toHaveLength(6);
      for (const line of lines) expect(line.length).toBeLessThan(6_000);
      expect((JSON.parse(lines[4] ?? '') as { text: string }).text).toBe('red "quoted" \\ back');
    });

    test('ends with 1 at an unknown function', async () => {
      const { code, out } = await cli.run(['logs', 'nobody', '--tail=false']);
      expect(code).toBe(1);
      expect(out).toContain('function nobody not found');
    });
  });
});
