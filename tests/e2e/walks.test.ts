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
    addSetting(copy);
    addJob(copy);
    addObjective(copy);
    expect(copy.run('node', ...RUN, 'scripts/generate.ts')).toMatchObject({ status: 0 });
  }, 120_000);
  afterAll(() => copy.remove());

  it('leave a project that compiles', () => {
    expect(copy.run('node', 'node_modules/typescript/bin/tsc', '-p', '.')).toEqual({
      output: '',
      status: 0,
    });
  }, 180_000);

  it('leave the generated pages and stack files current', () => {
    expect(copy.read('stack.yml')).toContain('planning-archive-plan:');
    expect(copy.read('docs/operations.md')).toContain('planning-archive-plan');
    expect(copy.read('docs/settings.md')).toContain('`EXAMPLE_RATIO`');
    expect(copy.run('node', ...RUN, 'scripts/generate.ts', '--check')).toMatchObject({ status: 0 });
  });

  it('leave tests that pass', () => {
    const tests = [
      'tests/functions/planning/archive-plan.test.ts',
      'tests/unit/gateway/jobs.test.ts',
      'tests/unit/optimization/objectives.test.ts',
      'tests/unit/optimization/example-objective.test.ts',
    ];
    const { output, status } = copy.run(
      'node',
      'node_modules/jest/bin/jest.js',
      '-i',
      '--colors=false',
      ...tests,
    );
    if (status !== 0) throw new Error(output);
    expect(output).toContain('Test Suites: 4 passed, 4 total');
  }, 180_000);

  it('have at most ten lines each', () => {
    const [, walks = ''] =
      /\n## Walks\n([^]*?)\n## /.exec(readFileSync('CONTRIBUTING.md', 'utf8')) ?? [];
    const each = walks.split('\n### ').slice(1);
    expect(each.length).toBeGreaterThanOrEqual(4);
    for (const walk of each) {
      const [title, ...lines] = walk.split('\n');
      const written = lines.filter((line) => line.trim() !== '').length;
      expect({ title, short: written <= LINES_MAX }).toEqual({ title, short: true });
    }
  });
});

function addOperation(copy: ScratchCopy): void {
  const { output, status } = copy.run(
    'node',
    ...RUN,
    'scripts/new-operation.ts',
    'planning',
    'archive-plan',
  );
  expect({ output, status }).toMatchObject({ status: 0 });
  const [row = ''] = /^ {2}archivePlan: \{[^]*?^ {2}\},\n/m.exec(output) ?? [];
  expect(row).toContain('summary:');
  copy.insertBefore('shared/contract/planning.ts', /\}\);\n$/, row);
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
    /\];\n\n\/\*\* @throws Failure NOT_FOUND/,
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
    /'MINIMUM_VOLATILITY' \|/,
    (found) => `${found} 'EXAMPLE_OBJECTIVE' |`,
  );
  for (const [file, end] of [
    ['objectives.ts', "    case 'MINIMUM_VOLATILITY':\n"],
    ['allocation-request.ts', "    case 'MINIMUM_VOLATILITY':\n"],
  ] as const)
    copy.insertBefore(`${model}/${file}`, new RegExp(end), "    case 'EXAMPLE_OBJECTIVE':\n");
  copy.run(
    'node',
    '-e',
    `require('fs').writeFileSync('tests/unit/optimization/example-objective.test.ts', ${JSON.stringify(OBJECTIVE_TEST)})`,
  );
}

const OBJECTIVE_TEST = `import { objectives } from '#shared/kernel/objective.ts';
import { optimization } from '#shared/contract/optimization.ts';

it('the contract takes the objective', () => {
  expect(objectives).toContain('EXAMPLE_OBJECTIVE');
  const parsed = optimization.optimizeAllocation.request.safeParse({ objective: 'EXAMPLE_OBJECTIVE' });
  expect(parsed.error?.issues ?? []).toEqual([]);
});
`;
