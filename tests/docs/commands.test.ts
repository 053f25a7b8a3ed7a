/**
 * Every shell command in the documents is run against the embedded system as it stands, or is marked
 * as one that another test runs, or as one that cannot be run here, with the reason.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faasCliProgram, noFaasCli } from '../support/deployment/faas-cli.ts';
import { testNeeding } from '../support/needing.ts';
import {
  buildProgram,
  freshDataDir,
  removeDataDirs,
  type Program,
  type Run,
} from '../e2e/program.ts';
import { blocksIn, blocksOf, documents } from './shell-blocks.ts';
import { freePort } from '../support/free-port.ts';

const LANGUAGES = [
  'sh',
  'text',
  'json',
  'csv',
  'ts',
  'js',
  'yaml',
  'proto',
  'ini',
  'python',
  'dockerfile',
  'promql',
];

const blocks = documents().flatMap(blocksOf);
const shell = blocks.filter(({ language }) => language === 'sh');
const runHere = shell.filter(({ runBy, notRun }) => runBy === undefined && notRun === undefined);

describe('the blocks of the documents', () => {
  test.each(blocks.map((block) => [block.where, block.language]))(
    '%s says its language',
    (_where, language) => {
      expect(LANGUAGES).toContain(language);
    },
  );

  test.each(shell.flatMap(({ where, runBy }) => (runBy === undefined ? [] : [[where, runBy]])))(
    '%s is run by a test that exists: %s',
    (_where, file) => {
      expect(existsSync(file)).toBe(true);
    },
  );

  it('are read with their marks', () => {
    const text = 'a\n\n<!-- not run: needs a board -->\n\n```sh\nx\n```\n\n```text\ny\nz\n```\n';
    expect(blocksIn('a.md', text)).toEqual([
      { where: 'a.md:5', language: 'sh', text: 'x', runBy: undefined, notRun: 'needs a board' },
      { where: 'a.md:9', language: 'text', text: 'y\nz', runBy: undefined, notRun: undefined },
    ]);
  });
});

describe('commands against the embedded system', () => {
  let program: Program;
  let run: Run;
  let dataDir: string;
  let home: string;
  let url: string;
  let grpcPort: number;

  beforeAll(async () => {
    program = buildProgram('documents');
    dataDir = await freshDataDir();
    home = await mkdtemp(join(tmpdir(), 'trader-documents-'));
    grpcPort = await freePort();
    run = program.start([], { DATA_DIR: dataDir, GRPC_SHARED_PORT: String(grpcPort) });
    await run.says('Where to look next');
    [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(run.stdout()) ?? [];
  }, 180_000);
  afterAll(async () => {
    run.child.kill('SIGTERM');
    await run.ended;
    await Promise.all([
      program.remove(),
      removeDataDirs(),
      rm(home, { recursive: true, force: true }),
    ]);
  });

  function here(text: string): string {
    return text
      .replaceAll(/(127\.0\.0\.1|localhost):8080/g, url.replace('http://', ''))
      .replaceAll(/(127\.0\.0\.1|localhost):5005[1-7]/g, `127.0.0.1:${grpcPort}`)
      .replaceAll(/(?<![\w./])data\//g, `${dataDir}/`);
  }

  for (const { where, text } of runHere)
    testNeeding(missingFor(text), where, async () => {
      const bin = faasCliProgram === undefined ? '' : `${join(faasCliProgram, '..')}:`;
      const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', here(text)], {
        encoding: 'utf8',
        timeout: 120_000,
        env: {
          PATH: `${bin}${process.env['PATH'] ?? ''}:${process.env['HOME'] ?? ''}/go/bin`,
          HOME: home,
          DATA_DIR: dataDir,
          OPENFAAS_CONFIG: join(home, '.openfaas'),
          OPENFAAS_URL: url,
          GATEWAY_URL: url,
        },
      });
      if (status !== 0) throw new Error(`status ${status}: ${stdout}${stderr}`);
      expect(stdout).not.toMatch(/"code":"[A-Z_]+"/);
    });
});

/** Why a block cannot be run on this machine. */
function missingFor(text: string): string | undefined {
  if (/^\s*(echo .*\| )?faas-cli /m.test(text)) return noFaasCli;
  if (!/^\s*grpcurl /m.test(text)) return undefined;
  const path = `${process.env['PATH'] ?? ''}:${process.env['HOME'] ?? ''}/go/bin`;
  const found = path.split(':').some((folder) => existsSync(join(folder, 'grpcurl')));
  return found ? undefined : 'no grpcurl';
}
