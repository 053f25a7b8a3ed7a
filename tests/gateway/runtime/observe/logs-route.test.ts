import { get, type IncomingMessage } from 'node:http';
import { credentials, openFixtures } from '../fixtures.ts';
import { until } from '../../../support/until.ts';

let gateway: Awaited<ReturnType<typeof openFixtures>>;

beforeAll(async () => {
  gateway = await openFixtures({ f: { handler: () => ({ body: 'x' }) } });
});

afterAll(() => gateway.close(100));

function follow(query = ''): Promise<IncomingMessage> {
  const auth = `${credentials.user}:${credentials.password}`;
  return new Promise((resolve, reject) => {
    const url = `${gateway.url}/system/logs?name=f&follow=true&tail=0${query}`;
    get(url, { auth }, resolve).once('error', reject);
  });
}

it('drops lines for a slow reader, and reports how many', async () => {
  const { logs } = gateway.host;
  const answer = await follow();
  const said = 20_000;
  for (let i = 0; i < said; i += 1) logs.append('f', '1', `${i} `.padEnd(1_000, 'x'));
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  await until(() => text.includes('were not sent'));
  const lines = text.trim().split('\n');
  const missed = Number(/\((\d+) lines were not sent/.exec(text)?.[1]);
  expect(missed).toBeGreaterThan(said / 2);
  expect(lines.filter((line) => !line.includes('were not sent'))).toHaveLength(said - missed);
  answer.destroy();
  await until(() => logs.listenerCount('f') === 0);
});

it('sends only the lines of the instance that is asked for', async () => {
  const { logs } = gateway.host;
  const answer = await follow('&instance=2');
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  for (const instance of ['1', '2', '3']) logs.append('f', instance, `of ${instance}`);
  await until(() => text.includes('of 2'));
  expect(text).not.toMatch(/of [13]/);
  answer.destroy();
});

it('leaks nothing of a hundred readers', async () => {
  const { logs } = gateway.host;
  await until(() => logs.listenerCount('f') === 0);
  const answers = await Promise.all(Array.from({ length: 100 }, () => follow()));
  expect(logs.listenerCount('f')).toBe(100);
  for (const answer of answers) answer.destroy();
  await until(() => logs.listenerCount('f') === 0);
});

it('refuses a body that is too large, and a malformed path, with the reason', async () => {
  const auth = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
  const headers = { authorization: `Basic ${auth}` };
  const body = 'x'.repeat(3 * 1024 * 1024);
  const large = await fetch(`${gateway.url}/system/alert`, { method: 'POST', headers, body });
  expect([large.status, await large.text()]).toEqual([413, 'the body is too large\n']);
  const unread = await fetch(`${gateway.url}/system/function/%zz`, { headers });
  expect([unread.status, await unread.text()]).toEqual([400, 'the request cannot be read\n']);
});
