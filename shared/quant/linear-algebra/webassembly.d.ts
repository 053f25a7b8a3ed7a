/** As much of WebAssembly as the kernels use; the library of ECMAScript does not describe it. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    readonly exports: unknown;
    constructor(module: Module);
  }

  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
}
