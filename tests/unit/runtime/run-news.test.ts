import { RunNews, type Recorded } from '#shared/runtime/runs/run-news.ts';

const NEVER_MS = 2 ** 30;
const { signal } = new AbortController();
const done = { kind: 'done', last: 'z' } as const;

const open: RunNews[] = [];
const newsOf = (run: string): RunNews => {
  const news = new RunNews(run);
  open.push(news);
  return news;
};
afterEach(() => {
  for (const news of open.splice(0)) news.close();
});
const messages = (position: number, ...texts: string[]): Recorded => ({
  position,
  messages: texts,
});

test('all who wait for news of a run hear them, and nobody else', async () => {
  const heard: unknown[] = [];
  const waiting = ['a', 'a', 'b'].map((run) =>
    newsOf(run)
      .next(0, NEVER_MS, signal)
      .then((found) => heard.push([run, found])),
  );
  RunNews.announce('a', messages(0, 'x'));
  await Promise.all(waiting.slice(0, 2));
  expect(heard).toEqual([
    ['a', { messages: ['x'] }],
    ['a', { messages: ['x'] }],
  ]);
  RunNews.announce('b', messages(0, 'y'));
  await Promise.all(waiting);
});

test('what was announced before somebody waits is heard once', async () => {
  const news = newsOf('a');
  RunNews.announce('a', messages(0, 'x', 'y'));
  RunNews.announce('a', { position: 2, messages: [], outcome: done });
  expect(await news.next(0, NEVER_MS, signal)).toEqual({ messages: ['x', 'y'], outcome: done });
  const again = news.next(2, NEVER_MS, signal);
  const first = await Promise.race([again, Promise.resolve('waits')]);
  expect(first).toBe('waits');
  RunNews.announce('a', messages(2, 'z'));
  expect(await again).toEqual({ messages: ['z'] });
});

test('what was read before is left out', async () => {
  const news = newsOf('a');
  RunNews.announce('a', messages(0, 'w'));
  RunNews.announce('a', messages(1, 'x', 'y'));
  expect(await news.next(2, NEVER_MS, signal)).toEqual({ messages: ['y'] });
});

describe('is to be read', () => {
  const behind: [string, number, (Recorded | undefined)[]][] = [
    ['what follows messages that nobody here recorded', 1, [messages(2, 'x')]],
    ['an outcome after such', 0, [{ position: 1, messages: [], outcome: done }]],
    ['what is announced without its text', 0, [messages(0, 'x'), undefined]],
    ['what is known already', 1, [messages(0, 'x')]],
    [
      'more than is kept for one who does not listen',
      0,
      Array.from({ length: 1_001 }, (_, position) => messages(position, 'x')),
    ],
  ];
  test.each(behind)('%s', async (_name, seen, announced) => {
    const news = newsOf('a');
    for (const one of announced) RunNews.announce('a', one);
    expect(await news.next(seen, NEVER_MS, signal)).toBeUndefined();
    RunNews.announce('a', messages(5, 'y'));
    expect(await news.next(5, NEVER_MS, signal)).toEqual({ messages: ['y'] });
  });
});

test('without news the wait ends after its time', async () => {
  expect(await newsOf('a').next(0, 1, signal)).toBeUndefined();
});

test('a caller who leaves ends the wait, also one who had left before', async () => {
  const stop = new AbortController();
  const waiting = newsOf('a').next(0, NEVER_MS, stop.signal);
  const reason = new Error('left');
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(newsOf('a').next(0, NEVER_MS, stop.signal)).rejects.toBe(reason);
});

test('a run is followed for as long as one listens', () => {
  const news = newsOf('a');
  expect([RunNews.isFollowed('a'), RunNews.isFollowed('b')]).toEqual([true, false]);
  news.close();
  expect(RunNews.isFollowed('a')).toBe(false);
});

test('a topic is connected for as long as one of its connectors is open', () => {
  const [first, second] = [RunNews.connected('t'), RunNews.connected('t')];
  first();
  expect([RunNews.isConnected('t'), RunNews.isConnected('other')]).toEqual([true, false]);
  second();
  expect(RunNews.isConnected('t')).toBe(false);
});
