import { FunctionLogs } from '#gateway/runtime/observe/function-logs.ts';
import { chosen, readLogQuery } from '#gateway/runtime/observe/log-query.ts';
import {
  LINE_LENGTH_MAX,
  PrintedLines,
  printable,
} from '#gateway/runtime/observe/printed-lines.ts';

const textsOf = (logs: FunctionLogs, name = 'f') => logs.lines(name).map(({ text }) => text);

function linesOf(...chunks: (string | Uint8Array)[]): string[] {
  const lines: string[] = [];
  const printed = new PrintedLines((line) => void lines.push(line));
  for (const chunk of chunks) printed.write(chunk);
  printed.end();
  return lines;
}

describe('what a function prints', () => {
  it('becomes lines, however it is chunked', () => {
    expect(linesOf('one\ntw', 'o\r\n', '\nthree')).toEqual(['one', 'two', '', 'three']);
  });

  it('keeps characters that are split between chunks', () => {
    const euro = Buffer.from('€');
    expect(linesOf(euro.subarray(0, 1), euro.subarray(1), '\n')).toEqual(['€']);
  });

  it('is truncated where a line is too long, with the number of characters cut', () => {
    const [line = '', next] = linesOf('x'.repeat(150_000), `${'x'.repeat(50_000)}\n`, 'next\n');
    expect(line).toHaveLength(LINE_LENGTH_MAX + ' … (195904 more characters)'.length);
    expect(line).toMatch(/^x+ … \(195904 more characters\)$/);
    expect(next).toBe('next');
  });

  it('is made printable', () => {
    expect(printable('\u001b[31mred\u001b[0m\ttab\r')).toBe('red\ttab');
    expect(linesOf(Buffer.from([0xff, 0x00, 0x41, 0x0a]))).toEqual(['\ufffd\ufffdA']);
  });
});

describe('what is kept of a function', () => {
  it('is the newest lines, up to a number', () => {
    const logs = new FunctionLogs({ linesMax: 3 });
    for (let i = 1; i <= 20; i += 1) logs.append('f', '1', `line ${i}`);
    expect(textsOf(logs)).toEqual(['line 18', 'line 19', 'line 20']);
  });

  it('is the newest lines, up to so many characters', () => {
    const logs = new FunctionLogs({ charactersMax: 10 });
    for (const text of ['aaaa', 'bbbb', 'cccc']) logs.append('f', '1', text);
    expect(textsOf(logs)).toEqual(['bbbb', 'cccc']);
  });

  it('is separate from the output of other functions', () => {
    const logs = new FunctionLogs();
    logs.append('f', '1', 'f\n');
    logs.append('g', '1', 'g');
    expect([textsOf(logs, 'f'), textsOf(logs, 'g'), textsOf(logs, 'h')]).toEqual([
      ['f'],
      ['g'],
      [],
    ]);
  });

  it('has one line a call: method, path, status, duration and id', () => {
    const logs = new FunctionLogs();
    const call = { callId: 'c-1', method: 'POST', path: '/a', status: 200, seconds: 0.0021 };
    logs.ended('f', call);
    expect(textsOf(logs)).toEqual(['POST /a - 200 - 0.002100s [c-1]']);
  });

  it('is the newest lines of calls, up to so many characters', () => {
    const logs = new FunctionLogs({ charactersMax: 200 });
    for (let i = 1; i <= 9; i += 1)
      logs.ended('f', { callId: `c-${i}`, method: 'GET', path: '/', status: 200, seconds: 86_399 });
    const texts = textsOf(logs);
    expect(texts.at(-1)).toBe('GET / - 200 - 86399.000000s [c-9]');
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.join('').length).toBeLessThanOrEqual(200);
  });

  it('is deleted with the function, while subscribers stay subscribed', () => {
    const logs = new FunctionLogs();
    const heard: string[] = [];
    const unlisten = logs.listen('f', ({ text }) => void heard.push(text));
    logs.append('f', '1', 'before');
    logs.forget('f');
    logs.append('f', '1', 'after');
    expect([heard, textsOf(logs)]).toEqual([['before', 'after'], ['after']]);
    unlisten();
    expect(logs.listenerCount('f')).toBe(0);
  });
});

describe('what is asked for', () => {
  const query = (text: string) => readLogQuery(new URLSearchParams(text));
  const lines = [10, 20, 30].map((atMs) => ({ atMs, instance: String(atMs / 10), text: 'x' }));
  const times = (text: string) => chosen(lines, query(text)).map(({ atMs }) => atMs);

  it.each([
    ['name=f', [10, 20, 30]],
    ['name=f&tail=-1', [10, 20, 30]],
    ['name=f&tail=2', [20, 30]],
    ['name=f&tail=9', [10, 20, 30]],
    ['name=f&tail=0', []],
    ['name=f&since=1970-01-01T00:00:00.020Z', [20, 30]],
    ['name=f&since=1970-01-01T01:00:00.020%2B01:00', [20, 30]],
    ['name=f&since=1970-01-01T00:00:00.020Z&tail=1', [30]],
    ['name=f&instance=1', [10]],
    ['name=f&instance=none', []],
  ])('%s is the lines of %j', (text, expected) => {
    expect(times(text)).toEqual(expected);
  });

  it.each([
    ['', 'name'],
    ['name=f&tail=x', 'tail'],
    ['name=f&tail=1.5', 'tail'],
    ['name=f&since=yesterday', 'since'],
    ['name=f&since=2026-02-30', 'since'],
    ['name=f&follow=perhaps', 'follow'],
  ])('%j is refused, naming %s', (text, field) => {
    expect(() => query(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    expect(() => query(text)).toThrow(`${field}: `);
  });

  it("follows where Go's ParseBool is true", () => {
    expect(
      ['1', 'true', 'T', 'false', '0', ''].map((f) => query(`name=f&follow=${f}`).follow),
    ).toEqual([true, true, true, false, false, false]);
  });
});
