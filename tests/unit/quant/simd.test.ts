/** The SIMD kernels against the plain loops: the same digits at every size, and answers without SIMD. */
import { normal, seededRandom } from '#shared/kernel/random.ts';
import { cholesky, plainCholesky } from '#shared/quant/linear-algebra/cholesky.ts';
import { columnMeans } from '#shared/quant/linear-algebra/column-means.ts';
import type * as Products from '#shared/quant/linear-algebra/cross-products.ts';
import type * as Simd from '#shared/quant/linear-algebra/simd.ts';
import { crossProducts } from '#shared/quant/linear-algebra/cross-products.ts';
import { plainProducts } from '#shared/quant/linear-algebra/plain-products.ts';
import { withKernels } from '#shared/quant/linear-algebra/simd.ts';

function panel(seed: string, count: number, periods: number): Float64Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () =>
    Float64Array.from({ length: periods }, () => 0.01 * normal(random)),
  );
}

/** Positive definite, in one piece. */
function matrixOf(columns: readonly Float64Array[]): Float64Array {
  const n = columns.length;
  const whole = new Float64Array(n * n);
  plainProducts(columns, new Float64Array(n)).forEach((row, i) => whole.set(row, i * n));
  for (let i = 0; i < n; i += 1) whole[i * n + i] = (whole[i * n + i] ?? 0) + 0.01;
  return whole;
}

const sizes = [
  [1, 1],
  [2, 3],
  [3, 255],
  [4, 256],
  [5, 257],
  [16, 40],
  [17, 511],
  [31, 700],
  [64, 100],
  [66, 1_261],
  [133, 20],
] as const;

describe('SIMD kernels', () => {
  it('are what works here', () => {
    expect(withKernels(1, () => 'kernels')).toBe('kernels');
  });

  it.each(sizes)('multiply %i columns of %i periods to the last digit', (count, periods) => {
    const columns = panel(`products ${count} ${periods}`, count, periods);
    const centres = columnMeans(columns);
    expect(crossProducts(columns, { centres })).toEqual(plainProducts(columns, centres));
    expect(crossProducts(columns)).toEqual(plainProducts(columns, new Float64Array(count)));
  });

  it.each(sizes)('factorise %i rows to the last digit', (n) => {
    const [ours, plain] = [0, 1].map(() => matrixOf(panel(`factor ${n}`, n, 9))) as [
      Float64Array,
      Float64Array,
    ];
    expect(cholesky(ours, n)).toBe(true);
    expect(plainCholesky(plain, n)).toBe(true);
    expect(ours).toEqual(plain);
  });

  it.each([0, 5, 16, 22, 68])('find row %i that makes a matrix indefinite', (row) => {
    const matrix = matrixOf(panel(`indefinite ${row}`, 69, 9));
    matrix[row * 69 + row] = -1;
    expect(cholesky(matrix, 69)).toBe(false);
  });

  it('carry on after a matrix that fills more memory than they keep', () => {
    const large = panel('large', 1_300, 2);
    const [ours, plain] = [crossProducts(large), plainProducts(large, new Float64Array(1_300))];
    for (const i of [0, 3, 550, 1_299]) expect(ours[i]).toEqual(plain[i]);
    const small = panel('small', 7, 300);
    expect(crossProducts(small)).toEqual(plainProducts(small, new Float64Array(7)));
  });

  it('pass on what is no number', () => {
    const columns = panel('gaps', 6, 20);
    columns[2]?.fill(NaN, 3, 4);
    expect(crossProducts(columns)).toEqual(plainProducts(columns, new Float64Array(6)));
  });
});

describe('without WebAssembly', () => {
  const own = globalThis as { WebAssembly?: unknown };
  const { WebAssembly } = own;
  afterEach(() => {
    own.WebAssembly = WebAssembly;
  });

  it('the plain loops do the work', () => {
    delete own.WebAssembly;
    jest.isolateModules(() => {
      const anew = jest.requireActual<typeof Products>(
        '#shared/quant/linear-algebra/cross-products.ts',
      );
      const simd = jest.requireActual<typeof Simd>('#shared/quant/linear-algebra/simd.ts');
      expect(simd.withKernels(1, () => 'kernels')).toBeUndefined();
      const columns = panel('without', 18, 300);
      expect(anew.crossProducts(columns)).toEqual(crossProducts(columns));
    });
  });
});
