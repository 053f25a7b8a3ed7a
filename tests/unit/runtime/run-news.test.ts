import { RunNews } from '#shared/runtime/runs/run-news.ts';

const NEVER_MS = 2 ** 30;
const { signal } = new AbortController();

const open: RunNews[] = [];
const newsOf = (run: string): RunNews => {
  const news = new RunNews(run);
  open.push(news);
  return news;
};
afterEach(() => {
  for (const news of open.splice(0)) news.close();
});

test('all who wait for news of a run hear of it, and nobody else', async () => {
  const heard: string[] = [];
  const waiting = ['a', 'a', 'b'].map((run) =>
    newsOf(run)
      .next(NEVER_MS, signal)
      .then(() => heard.push(run)),
  );
  RunNews.announce('a');
  await Promise.all(waiting.slice(0, 2));
  expect(heard).toEqual(['a', 'a']);
  RunNews.announce('b');
  await Promise.all(waiting);
});

test('what was announced before somebody waits is heard once', async () => {
  const news = newsOf('a');
  RunNews.announce('a');
  RunNews.announce('a');
  await news.next(NEVER_MS, signal);
  const again = news.next(NEVER_MS, signal);
  const first = await Promise.race([again.then(() => 'heard'), Promise.resolve('waits')]);
  expect(first).toBe('waits');
  RunNews.announce('a');
  await again;
});

test('without news the wait ends after its time', async () => {
  await newsOf('a').next(1, signal);
});

test('a caller who leaves ends the wait, also one who had left before', async () => {
  const stop = new AbortController();
  const waiting = newsOf('a').next(NEVER_MS, stop.signal);
  const reason = new Error('left');
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(newsOf('a').next(NEVER_MS, stop.signal)).rejects.toBe(reason);
});

test('a topic is connected for as long as one of its connectors is open', () => {
  const [first, second] = [RunNews.connected('t'), RunNews.connected('t')];
  first();
  expect([RunNews.isConnected('t'), RunNews.isConnected('other')]).toEqual([true, false]);
  second();
  expect(RunNews.isConnected('t')).toBe(false);
});
