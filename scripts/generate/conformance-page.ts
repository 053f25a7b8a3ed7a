/** The rows of the conformance sheet, what became of each, and the test that holds it. */
import type { Level, Row, Section } from '../conformance/conformance-row.ts';
import { rows, sections } from '../conformance/conformance-rows.ts';
import { readTests, testsOf } from '../conformance/tests.ts';
import { generatedFrom, table } from './markdown.ts';

const LEVELS: Readonly<Record<Level, string>> = {
  M: '`faas-cli` breaks without it',
  F: 'functions or their callers rely on it',
  O: 'operators rely on it',
  D: 'upstream is defective or unsafe here: the row says what to do instead',
};

const INTRODUCTION = `
What an OpenFaaS function system does, behaviour by behaviour, and whether ours does it: the embedded
runtime (\`npm start\`), the template in a container, and what deploys to them. Each row has one test,
which has its number in its title and runs with \`npm test\`; a row without a test, or with two, stops
\`npm run generate\`. \`tests/faas-cli\` asks the same of the real \`faas-cli\`, where it is to be had.

The column _result_ says how a row holds here where it leaves a choice; _faasd CE_, how faasd's own
gateway and provider behave where that is not what the row says. An empty field: as the row says.`;

export function conformancePage(): string {
  const tests = testsOf(rows, readTests());
  return [
    generatedFrom('scripts/conformance and tests/conformance'),
    '# OpenFaaS conformance',
    INTRODUCTION,
    summary(),
    ...sections.flatMap((section) => [`## ${section.title}`, sectionTable(section, tests)]),
  ].join('\n\n');
}

function summary(): string {
  const levels = Object.entries(LEVELS).map(([level, meaning]) => {
    const all = rows.filter((row) => row.level === level);
    const differing = all.filter(({ differs }) => differs).map(({ number }) => String(number));
    return [
      level,
      meaning,
      String(all.length),
      String(all.length - differing.length),
      differing.join(', '),
    ];
  });
  return table(['level', 'means', 'rows', 'hold', 'differ'], levels);
}

function sectionTable({ rows: own }: Section, tests: ReadonlyMap<number, string>): string {
  return table(
    ['#', 'level', 'behaviour', 'result', 'faasd CE', 'test'],
    own.map((row) => [
      String(row.number),
      row.level,
      row.behaviour,
      resultOf(row),
      row.faasdCe ?? '',
      linkTo(tests.get(row.number) ?? ''),
    ]),
  );
}

function resultOf({ differs, here }: Row): string {
  return [differs ? '**differs**.' : 'holds.', here].filter(Boolean).join(' ');
}

/** From the folder of the pages. */
function linkTo(file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1).replace('.test.ts', '');
  return `[${name}](../../${file})`;
}
