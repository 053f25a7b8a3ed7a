/** Programs of many variables, solved by parts and as a whole. */
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { unit, type LinearRow } from '#shared/quant/solvers/quadratic-program.ts';
import { solveQuadratic } from '#shared/quant/solvers/quadratic.ts';
import { solveSifted } from '#shared/quant/solvers/sifted-program.ts';

const SIZE = 120;
const FACTORS = 6;

/** Covariances of a few factors and a part of each security's own, expected returns, and limits. */
function drawn(seed: string, floor: 'given' | 'turned round') {
  const random = seededRandom(seed);
  const loadings = Array.from({ length: SIZE }, () =>
    Array.from({ length: FACTORS }, () => random() - 0.2),
  );
  const quadratic = loadings.map((a, i) =>
    Float64Array.from(loadings, (b, j) => {
      const shared = a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0);
      return 0.02 * shared + (i === j ? 0.01 + 0.05 * ((i * 7) % 11) : 0);
    }),
  );
  const aversion = 1 + integerBelow(random, 5);
  const linear = Float64Array.from({ length: SIZE }, () => -(0.12 * random()) / aversion);
  const group = Float64Array.from({ length: SIZE }, () => (random() < 0.3 ? 1 : 0));
  const rows: LinearRow[] = [
    ...floors(floor),
    ...caps(),
    { coefficients: new Float64Array(SIZE).fill(1), relation: '=', bound: 0.98 },
    { coefficients: group, relation: '<=', bound: 0.2 },
    { coefficients: unit(SIZE, SIZE - 1), relation: '>=', bound: 0.01 },
  ];
  return { quadratic, linear, rows };
}

function caps(): LinearRow[] {
  return Array.from({ length: SIZE }, (_, i): LinearRow => {
    return { coefficients: unit(SIZE, i), relation: '<=', bound: 0.06 };
  });
}

/** Only floors in the first form are sifted. */
function floors(form: 'given' | 'turned round'): LinearRow[] {
  return Array.from({ length: SIZE }, (_, i): LinearRow => {
    if (form === 'given') return { coefficients: unit(SIZE, i), relation: '>=', bound: 0 };
    return { coefficients: unit(SIZE, i).map((value) => -value), relation: '<=', bound: 0 };
  });
}

test.each(['a', 'b', 'c', 'd', 'e', 'f'])(
  'program %s has one answer, whole or by parts',
  (seed) => {
    const whole = solveQuadratic(drawn(seed, 'turned round'));
    const parts = solveQuadratic(drawn(seed, 'given'));
    if (!whole || !parts) throw new Error(`the program ${seed} has an answer`);
    expect(parts.value).toBeCloseTo(whole.value, 12);
    whole.x.forEach((value, i) => expect(parts.x[i]).toBeCloseTo(value, 9));
    whole.multipliers.forEach((value, k) => {
      const own = k < SIZE ? -value : value;
      expect(parts.multipliers[k]).toBeCloseTo(own, 8);
    });
  },
);

test('smaller programs are solved: each has the likely variables and those that joined', () => {
  const sizes: number[] = [];
  const answer = solveSifted(drawn('a', 'given'), (program) => {
    sizes.push(program.linear.length);
    return solveQuadratic(program);
  });
  expect(answer?.x).toHaveLength(SIZE);
  expect(sizes.length).toBeGreaterThan(0);
  for (const size of sizes) expect(size).toBeLessThan(SIZE);
});

test('a program that nothing satisfies has no answer, whole or by parts', () => {
  const { quadratic, linear, rows } = drawn('a', 'given');
  const all = new Float64Array(SIZE).fill(1);
  const contradicting: LinearRow = { coefficients: all, relation: '<=', bound: 0.5 };
  expect(solveQuadratic({ quadratic, linear, rows: [...rows, contradicting] })).toBeUndefined();
});

test('a program that only variables outside of the first ones satisfy is solved', () => {
  const { quadratic, linear, rows } = drawn('a', 'given');
  // The dearest twenty must take a third.
  const dear = [...linear.keys()].sort((a, b) => (linear[b] ?? 0) - (linear[a] ?? 0)).slice(0, 20);
  const coefficients = new Float64Array(SIZE);
  for (const i of dear) coefficients[i] = 1;
  const answer = solveQuadratic({
    ...{ quadratic, linear },
    rows: [...rows, { coefficients, relation: '>=', bound: 0.33 }],
  });
  const taken = dear.reduce((sum, i) => sum + (answer?.x[i] ?? 0), 0);
  expect(taken).toBeGreaterThan(0.33 - 1e-8);
});
