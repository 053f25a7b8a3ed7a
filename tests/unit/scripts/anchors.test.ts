import { spawnSync } from 'node:child_process';
import { inFolder } from '../../support/folders.ts';

function anchors(...args: string[]) {
  const program = ['scripts/run.mjs', 'scripts/anchors.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { encoding: 'utf8' });
  return { status, lines: stdout.trimEnd().split('\n'), stderr };
}

function row(name: string, operation: string, expected: unknown): object {
  const inputs = { returns: [0.01, 0.02, -0.01], returns_pct: [1, 2, -1] };
  return { case: name, operation, parameters: {}, inputs, expected, tolerance: { rel: 1e-9 } };
}

const inAll = (rows: number, passed: number, failed: number, notSupported: number): string =>
  JSON.stringify({ rows, passed, failed, notSupported });

/** 1.01 x 1.02 x 0.99 - 1 */
const right = row('right', 'total return', 0.019898);
const unknown = row('unknown', 'a figure nobody knows', 1);
const wrong = row('wrong', 'total return', 0.02);

describe('npm run anchors', () => {
  it('ends with 0 where no row failed, and counts what is not supported', async () => {
    const files = {
      'expected/performance_metrics.json': JSON.stringify([right, unknown]),
      'expected/nobodys_category.json': JSON.stringify([right]),
    };
    const { status, lines } = await inFolder(files, (folder) => Promise.resolve(anchors(folder)));
    expect(lines).toEqual([
      expect.stringMatching(/^nobodys_category +0 passed, 0 failed, 1 not supported; worst/),
      '  not supported: right: no operation "total return"',
      expect.stringMatching(/^performance_metrics +1 passed, 0 failed, 1 not supported; worst/),
      '  not supported: unknown: no operation "a figure nobody knows"',
      inAll(3, 1, 0, 2),
    ]);
    expect(status).toBe(0);
  });

  it('ends with 1 where a row failed, and says which and by how much', async () => {
    const files = { 'expected/performance_metrics.json': JSON.stringify([right, wrong]) };
    const { status, lines } = await inFolder(files, (folder) => Promise.resolve(anchors(folder)));
    expect(lines[1]).toMatch(/^ {2}failed: wrong: off by 0\.000102 at the value$/);
    expect(lines.at(-1)).toBe(inAll(2, 1, 1, 0));
    expect(status).toBe(1);
  });

  it('ends with 2 where there is nothing to read', async () => {
    expect(anchors().stderr).toContain('usage: npm run anchors -- <folder>');
    expect(anchors().status).toBe(2);
    const nowhere = anchors('build/no-such-folder');
    expect([nowhere.status, nowhere.stderr]).toEqual([2, expect.stringContaining('there is no')]);
    const empty = await inFolder({ 'README.md': '' }, (folder) => Promise.resolve(anchors(folder)));
    expect([empty.status, empty.lines.at(-1)]).toEqual([2, inAll(0, 0, 0, 0)]);
  });
});
