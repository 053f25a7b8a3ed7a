/**
 * A small assembler for WebAssembly: functions over 32-bit addresses, doubles and pairs of doubles, one
 * shared memory from outside, every function exported. Encoding: WebAssembly Core Specification 2.0, chapter 5.
 */

export type ValueType = 'i32' | 'f64' | 'v128';

/** A local variable of a function. */
export interface Local {
  readonly index: number;
}

const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f64: 0x7c, v128: 0x7b };
const sections = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
/** What is imported is a memory; its limits are a least and a largest size, and threads share it. */
const [MEMORY, SHARED] = [2, 3];
const EMPTY_BLOCK = 0x40;
const SIMD = 0xfd;

const plain = {
  'i32.const': 0x41,
  'i32.lt_s': 0x48,
  'i32.eqz': 0x45,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'f64.gt': 0x64,
  'f64.sub': 0xa1,
  'f64.mul': 0xa2,
  'f64.div': 0xa3,
  'f64.sqrt': 0x9f,
  return: 0x0f,
} as const;

const wide = {
  'f64x2.add': 0xf0,
  'f64x2.sub': 0xf1,
  'f64x2.mul': 0xf2,
  'f64x2.div': 0xf3,
} as const;

const scalarAccess = { 'f64.load': 0x2b, 'f64.store': 0x39 } as const;
const wideAccess = { 'v128.load': 0x00, 'v128.load64_splat': 0x0a, 'v128.store': 0x0b } as const;

/** Alignment of the access as a power of two: what is promised, not required. */
const ALIGNMENT = 3;

export type Instruction = Exclude<keyof typeof plain, 'i32.const'> | keyof typeof wide;
export type Access = keyof typeof scalarAccess | keyof typeof wideAccess;

/** The body of one function, instruction by instruction. */
export class Assembled {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | undefined;
  private readonly locals: ValueType[] = [];
  private readonly code: number[] = [];

  constructor(name: string, parameters: readonly ValueType[], result?: ValueType) {
    this.name = name;
    this.parameters = parameters;
    this.result = result;
  }

  parameter(index: number): Local {
    return { index };
  }

  local(type: ValueType): Local {
    this.locals.push(type);
    return { index: this.parameters.length + this.locals.length - 1 };
  }

  get(local: Local): this {
    return this.emit(0x20, ...unsigned(local.index));
  }

  set(local: Local): this {
    return this.emit(0x21, ...unsigned(local.index));
  }

  constant(value: number): this {
    return this.emit(plain['i32.const'], ...signed(value));
  }

  do(...instructions: readonly Instruction[]): this {
    for (const one of instructions)
      if (one in plain) this.emit(plain[one as keyof typeof plain]);
      else this.emit(SIMD, ...unsigned(wide[one as keyof typeof wide]));
    return this;
  }

  /** Takes an address (and a value, to store it) from the stack. */
  access(kind: Access, offset: number): this {
    const where = [ALIGNMENT, ...unsigned(offset)];
    if (kind in scalarAccess)
      return this.emit(scalarAccess[kind as keyof typeof scalarAccess], ...where);
    return this.emit(SIMD, ...unsigned(wideAccess[kind as keyof typeof wideAccess]), ...where);
  }

  /** Adds a constant to an address or a counter. */
  advance(local: Local, by: number): this {
    return this.get(local).constant(by).do('i32.add').set(local);
  }

  /** Repeats `body` while `counter` is below `end`; not even once where it is not. */
  while(counter: Local, end: Local, body: () => void): this {
    this.emit(0x02, EMPTY_BLOCK, 0x03, EMPTY_BLOCK);
    this.get(counter).get(end).do('i32.lt_s', 'i32.eqz').emit(0x0d, 1);
    body();
    return this.emit(0x0c, 0, 0x0b, 0x0b);
  }

  /** Runs `body` where the condition on the stack holds. */
  when(body: () => void): this {
    this.emit(0x04, EMPTY_BLOCK);
    body();
    return this.emit(0x0b);
  }

  type(): number[] {
    const results = this.result ? [typeCodes[this.result]] : [];
    return [0x60, ...vector(this.parameters.map((one) => [typeCodes[one]])), ...listed(results)];
  }

  /** Local variables, instructions, end, with their size in front. */
  entry(): number[] {
    const locals = vector(this.locals.map((one) => [1, typeCodes[one]]));
    return listed([...locals, ...this.code, 0x0b]);
  }

  private emit(...bytes: readonly number[]): this {
    this.code.push(...bytes);
    return this;
  }
}

export interface ImportedMemory {
  readonly module: string;
  readonly name: string;
  readonly pagesMin: number;
  readonly pagesMax: number;
}

/** A module that works in a memory from outside, with these functions under their names. */
export function moduleOf(functions: readonly Assembled[], memory: ImportedMemory): Uint8Array {
  const { module, name, pagesMin, pagesMax } = memory;
  const limits = [SHARED, ...unsigned(pagesMin), ...unsigned(pagesMax)];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      'type',
      functions.map((one) => one.type()),
    ),
    ...section('import', [[...text(module), ...text(name), MEMORY, ...limits]]),
    ...section(
      'function',
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(
      'export',
      functions.map((one, index) => [...text(one.name), 0, ...unsigned(index)]),
    ),
    ...section(
      'code',
      functions.map((one) => one.entry()),
    ),
  ]);
}

function section(name: keyof typeof sections, entries: readonly number[][]): number[] {
  return [sections[name], ...listed(vector(entries))];
}

function vector(entries: readonly number[][]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function listed(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function text(name: string): number[] {
  return listed([...Buffer.from(name)]);
}

/** LEB128. */
function unsigned(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >>> 7;
  return rest === 0 ? [low] : [low | 0x80, ...unsigned(rest)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
