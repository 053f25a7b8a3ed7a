/** As much of WebAssembly as the kernels use; the library of ECMAScript does not describe it. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    readonly exports: unknown;
    constructor(
      module: Module,
      imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
    );
  }

  interface MemoryLimits {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }

  class Memory {
    readonly buffer: SharedArrayBuffer;
    constructor(limits: MemoryLimits);
    grow(pages: number): number;
  }
}
