// How a function's imports find the template, in its image as beside it.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const TEMPLATE = dirname(fileURLToPath(import.meta.url));

/** `#template/function.ts` is the template's file, whichever package.json the importing file has. */
export const templateImports = {
  name: 'template-imports',
  setup(build) {
    build.onResolve({ filter: /^#template\// }, ({ path }) => ({
      path: join(TEMPLATE, path.slice('#template/'.length)),
    }));
  },
};

/** A function is `handler.ts`; where there is a `handler.js`, it is one for the official templates. */
export const eitherHandler = {
  name: 'either-handler',
  setup(build) {
    const official = join(TEMPLATE, 'function/handler.js');
    if (!existsSync(official)) return;
    console.error('function/handler.js: a handler of the official Node templates');
    const source =
      "import handler from './function/handler.js';\n" +
      "import { official } from './official-handler.ts';\n" +
      'export default official(handler);\n';
    build.onResolve({ filter: /^\.\/function\/handler\.ts$/ }, () => ({
      path: 'handler',
      namespace: 'official',
    }));
    build.onLoad({ filter: /.*/, namespace: 'official' }, () => ({
      contents: source,
      resolveDir: TEMPLATE,
      loader: 'ts',
    }));
  },
};
