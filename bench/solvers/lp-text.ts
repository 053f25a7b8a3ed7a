/** A convex program in LP format, the one way into HiGHS' package. */
import { tripletsOf, type Triplet } from '#shared/quant/linear-algebra/sparse.ts';
import type { RowProgram } from '#shared/quant/solvers/row-program.ts';

export function lpText({ quadratic, linear, rows, low, high }: RowProgram): string {
  const byRow = Array.from({ length: rows.rows }, (): Triplet[] => []);
  for (const triplet of tripletsOf(rows)) byRow[triplet[0]]?.push(triplet);
  const conditions = byRow.flatMap((entries, i) => {
    const sum = entries.map(([, j, value]) => term(value, `x${j}`)).join('');
    return limits(sum, low[i] ?? -Infinity, high[i] ?? Infinity);
  });
  const curved = tripletsOf(quadratic).map(([i, j, value]) =>
    i === j ? term(value, `x${i} ^ 2`) : i < j ? term(2 * value, `x${i} * x${j}`) : '',
  );
  const gain = Array.from(linear, (value, j) => (value === 0 ? '' : term(value, `x${j}`)));
  const objective = curved.length > 0 ? [...gain, ' + [', ...curved, ' ] / 2'] : gain;
  return [
    `Minimize\n obj: ${objective.join('')}\nSubject To`,
    ...conditions.map((row, k) => ` c${k}: ${row}`),
    'Bounds',
    ...Array.from(linear, (_, j) => ` x${j} free`),
    'End\n',
  ].join('\n');
}

function limits(sum: string, low: number, high: number): string[] {
  if (low === high) return [`${sum} = ${low}`];
  return [
    ...(low > -Infinity ? [`${sum} >= ${low}`] : []),
    ...(high < Infinity ? [`${sum} <= ${high}`] : []),
  ];
}

function term(factor: number, name: string): string {
  return ` ${factor < 0 ? '-' : '+'} ${Math.abs(factor).toPrecision(17)} ${name}`;
}
