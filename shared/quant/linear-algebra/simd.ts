/**
 * WebAssembly SIMD kernels for the loops that take the time: products of columns and Cholesky's factors.
 * They add the same numbers in the same order as the plain loops, so that an answer has the same digits
 * with and without them, on one thread or two; where a processor or a run of Node lacks SIMD, the plain loops do the work.
 */
import { threadFor, type SecondThread, type Task } from './second-thread.ts';
import { simdModule } from './simd-module.ts';

interface Exports {
  readonly products: (from: number, to: number, bytes: number, end: number, sums: number) => void;
  readonly factor: (first: number, bytes: number, end: number, least: number) => number;
}

interface Open extends Exports {
  readonly memory: WebAssembly.Memory;
  thread?: SecondThread | undefined;
}

/** Strips of panels of `bytes` each, the last of which ends at `end`. */
interface Products {
  readonly tasks: readonly Task[];
  readonly bytes: number;
  readonly end: number;
  /** Pairs of columns times periods. */
  readonly work: number;
}

/** The kernels with memory of at least the size that was asked for; its content is what was left there. */
interface Kernels extends Pick<Exports, 'factor'> {
  readonly doubles: Float64Array;
  /** @returns false where it could not be done */
  readonly products: (products: Products) => boolean;
}

/** Columns or rows that lie interleaved in the memory of the kernels. */
export const PANEL = 4;
export const DOUBLE_BYTES = 8;

const PAGE_BYTES = 65_536;
/** As the module demands it. */
const PAGES_MAX = 16_384;
/** Memory above this is given back after use: it cannot shrink. */
const KEPT_BYTES_MAX = 6 * 2 ** 20;

/** Not supported, or not tried yet. */
let module: WebAssembly.Module | null | undefined;
let open: Open | undefined;

/** @returns undefined where there are no kernels here */
export function withKernels<T>(doubles: number, work: (kernels: Kernels) => T): T | undefined {
  const own = openWith(doubles * DOUBLE_BYTES);
  if (!own) return undefined;
  try {
    const { memory, factor } = own;
    const products = (all: Products): boolean => allProducts(own, all);
    return work({ products, factor, doubles: new Float64Array(memory.buffer) });
  } finally {
    if (own.memory.buffer.byteLength > KEPT_BYTES_MAX) {
      own.thread?.close();
      open = undefined;
    }
  }
}

function allProducts(own: Open, { tasks, bytes, end, work }: Products): boolean {
  const one = ([from, to, sums]: Task): void => own.products(from, to, bytes, end, sums);
  own.thread = threadFor(work, own.thread, { module, memory: own.memory });
  if (own.thread) return own.thread.run(tasks, bytes, end, one);
  tasks.forEach(one);
  return true;
}

function openWith(bytes: number): Open | undefined {
  module ??= compiled();
  if (module === null) return undefined;
  try {
    open ??= instanceOf(module);
    const missing = bytes - open.memory.buffer.byteLength;
    if (missing > 0) open.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return open;
  } catch {
    // The address space or memory that it takes is not to be had; the plain loops need none of it.
    return undefined;
  }
}

function instanceOf(compiledModule: WebAssembly.Module): Open {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGES_MAX, shared: true });
  const instance = new WebAssembly.Instance(compiledModule, { own: { memory } });
  const { products, factor } = instance.exports as Exports;
  return { products, factor, memory };
}

function compiled(): WebAssembly.Module | null {
  try {
    const bytes = Uint8Array.from(atob(simdModule), (character) => character.charCodeAt(0));
    return new WebAssembly.Module(bytes);
  } catch {
    return null;
  }
}
