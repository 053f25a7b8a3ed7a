/**
 * WebAssembly SIMD kernels for the loops that take the time: products of columns and Cholesky's factors.
 * They add the same numbers in the same order as the plain loops, so that an answer has the same digits
 * with and without them; where a processor or a run of Node lacks SIMD, the plain loops do the work.
 */
import { simdModule } from './simd-module.ts';

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly products: (first: number, bytes: number, end: number, sums: number) => void;
  readonly factor: (first: number, bytes: number, end: number, least: number) => number;
}

/** The kernels with memory of at least the size that was asked for; its content is what was left there. */
export interface Kernels extends Omit<Exports, 'memory'> {
  readonly doubles: Float64Array;
}

/** Columns or rows that lie interleaved in the memory of the kernels. */
export const PANEL = 4;
export const DOUBLE_BYTES = 8;

const PAGE_BYTES = 65_536;
/** Memory above this is given back after use: it cannot shrink. */
const KEPT_BYTES_MAX = 4 * 2 ** 20;

/** Not supported, or not tried yet. */
let module: WebAssembly.Module | null | undefined;
let open: Exports | undefined;

/** @returns undefined where there are no kernels here */
export function withKernels<T>(doubles: number, work: (kernels: Kernels) => T): T | undefined {
  const exports = exportsWith(doubles * DOUBLE_BYTES);
  if (!exports) return undefined;
  try {
    const { memory, products, factor } = exports;
    return work({ products, factor, doubles: new Float64Array(memory.buffer) });
  } finally {
    if (exports.memory.buffer.byteLength > KEPT_BYTES_MAX) open = undefined;
  }
}

function exportsWith(bytes: number): Exports | undefined {
  module ??= compiled();
  if (module === null) return undefined;
  try {
    open ??= new WebAssembly.Instance(module).exports as Exports;
    const missing = bytes - open.memory.buffer.byteLength;
    if (missing > 0) open.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return open;
  } catch {
    // The address space or memory that it takes is not to be had; the plain loops need none of it.
    return undefined;
  }
}

function compiled(): WebAssembly.Module | null {
  try {
    const bytes = Uint8Array.from(atob(simdModule), (character) => character.charCodeAt(0));
    return new WebAssembly.Module(bytes);
  } catch {
    return null;
  }
}
