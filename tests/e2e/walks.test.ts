/** CONTRIBUTING's walks, performed in a scratch copy: what each leaves compiles and its test passes. */
import { readFileSync } from 'node:fs';
import { ScratchCopy } from '../support/scratch-copy.ts';

const RUN = ['scripts/run.mjs'];
const LINES_MAX = 10;

describe('the walks of CONTRIBUTING', () => {
  let copy: ScratchCopy;

  beforeAll(() => {
    copy = new ScratchCopy();
    addOperation(copy);
    addBroker(copy);
    addMarketData(copy);
    addSetting(copy);
    addJob(copy);
    addObjective(copy);
    expect(copy.run('node', ...RUN, 'scripts/generate.ts')).toMatchObject({ status: 0 });
  });
  afterAll(() => copy.remove());

  it('leave a project that compiles', () => {
    expect(copy.run('node', 'node_modules/typescript/bin/tsc', '-p', '.')).toEqual({
      output: '',
      status: 0,
    });
  }, 180_000);

  it('leave the generated pages and stack files current', () => {
    expect(copy.read('stack.yml')).toContain('planning-archive-plan:');
    expect(copy.read('docs/use/operations.md')).toContain('planning-archive-plan');
    const settings = copy.read('docs/operate/settings.md');
    expect(settings).toContain('`EXAMPLE_RATIO`');
    expect(settings).toContain('one of paper, alpaca, tradernet, interactive-brokers, other');
    expect(settings).toContain('`other`');
    expect(copy.run('node', ...RUN, 'scripts/generate.ts', '--check')).toMatchObject({ status: 0 });
  });

  it('leave tests that pass', () => {
    const tests = [
      'tests/functions/planning/archive-plan.test.ts',
      'tests/unit/gateway/jobs.test.ts',
      'tests/unit/optimization/objectives.test.ts',
      'tests/unit/optimization/example-objective.test.ts',
      'tests/integration/broker/other-broker.test.ts',
      'tests/integration/market-data/other-market-data.test.ts',
      'tests/integration/opened.test.ts',
    ];
    const { output, status } = copy.run(
      'node',
      'node_modules/jest/bin/jest.js',
      '-i',
      '--colors=false',
      ...tests,
    );
    if (status !== 0) throw new Error(output);
    expect(output).toContain('Test Suites: 7 passed, 7 total');
  }, 180_000);

  it('have at most ten lines each', () => {
    const [, walks = ''] =
      /\n## Walks\n([^]*?)\n## /.exec(readFileSync('CONTRIBUTING.md', 'utf8')) ?? [];
    const each = walks.split('\n### ').slice(1);
    expect(each.length).toBeGreaterThanOrEqual(6);
    for (const walk of each) {
      const [title, ...lines] = walk.split('\n');
      const written = lines.filter((line) => line.trim() !== '').length;
      expect({ title, short: written <= LINES_MAX }).toEqual({ title, short: true });
    }
  });
});

function addOperation(copy: ScratchCopy): void {
  const { output, status } = copy.run('node', ...RUN, 'scripts/new.ts', 'planning', 'archive-plan');
  expect({ output, status }).toMatchObject({ status: 0 });
  const [row = ''] = /^ {2}archivePlan: \{[^]*?^ {2}\},\n/m.exec(output) ?? [];
  expect(row).toContain('summary:');
  copy.insertBefore('shared/contract/planning.ts', /\}\);\n$/, row);
}

function addBroker(copy: ScratchCopy): void {
  const { output, status } = copy.run('node', ...RUN, 'scripts/new.ts', 'broker', 'other');
  expect({ output, status }).toMatchObject({ status: 0 });
  copy.create('tests/integration/opened.test.ts', OPENED_TEST);
}

function addMarketData(copy: ScratchCopy): void {
  const command = [...RUN, 'scripts/new.ts', 'market-data', 'other'];
  const { output, status } = copy.run('node', ...command);
  expect({ output, status }).toMatchObject({ status: 0 });
}

function addSetting(copy: ScratchCopy): void {
  copy.insertBefore(
    'shared/process/settings.ts',
    /\} as const satisfies Record<string, SettingRow/,
    "  exampleRatio: row('EXAMPLE_RATIO', '0.5', 'an example', ratio),\n",
  );
}

function addJob(copy: ScratchCopy): void {
  copy.insertBefore(
    'shared/contract/jobs.ts',
    /\];\n/,
    `  {
    name: 'example-job',
    description: 'Scores the universe again at noon.',
    schedule: '0 12 * * 1-5',
    work: calls(scoring.batchScoreSecurities, {}),
  },
`,
  );
}

function addObjective(copy: ScratchCopy): void {
  const model = 'shared/optimization/model';
  copy.edit('protos/optimization.proto', /(enum Objective \{[^}]*)\}/, (found) =>
    found.replace(/\}$/, '  EXAMPLE_OBJECTIVE = 99;\n}'),
  );
  copy.insertBefore('shared/kernel/objective.ts', /\] as const/, "  'EXAMPLE_OBJECTIVE',\n");
  copy.edit(
    `${model}/objectives.ts`,
    /\| \{ readonly kind: 'MINIMUM_VOLATILITY' \}/,
    (found) => `${found}\n  | { readonly kind: 'EXAMPLE_OBJECTIVE' }`,
  );
  for (const [file, end] of [
    ['objectives.ts', "    case 'MINIMUM_VOLATILITY':\n"],
    ['position-programs.ts', "    case 'MINIMUM_VOLATILITY':\n"],
    ['allocation-request.ts', "    case 'MINIMUM_VOLATILITY':\n"],
  ] as const)
    copy.insertBefore(`${model}/${file}`, new RegExp(end), "    case 'EXAMPLE_OBJECTIVE':\n");
  copy.insertBefore(
    `${model}/proof.ts`,
    / {2}TARGET_RETURN: /,
    '  EXAMPLE_OBJECTIVE: volatility,\n',
  );
  copy.create('tests/unit/optimization/example-objective.test.ts', OBJECTIVE_TEST);
}

const OBJECTIVE_TEST = `import { objectives } from '#shared/kernel/objective.ts';
import { optimization } from '#shared/contract/optimization.ts';

it('the contract takes the objective', () => {
  expect(objectives).toContain('EXAMPLE_OBJECTIVE');
  const parsed = optimization.optimizeAllocation.request.safeParse({ objective: 'EXAMPLE_OBJECTIVE' });
  expect(parsed.error?.issues ?? []).toEqual([]);
});
`;

const OPENED_TEST = `import { openDependencies } from '#shared/runtime/dependencies.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { silentLog } from '#shared/process/log.ts';
import { startTestRedis } from '../support/dependencies.ts';

it('the settings open the new broker and the new prices', async () => {
  const redis = await startTestRedis();
  const env = { REDIS_URL: redis.url, BROKER: 'other', MARKET_DATA: 'other' };
  const opened = await openDependencies(parseSettings(env), { tokens: null, log: silentLog });
  expect([opened.broker.name, opened.marketData.name]).toEqual(['other', 'other']);
  await opened.close();
  await redis.stop();
});
`;
