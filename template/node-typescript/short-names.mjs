// Shortens what is named within functions: parameters, variables and inner functions. What a file itself declares keeps
// its name, so that stacks name functions, classes and methods, and packages find the names of their classes.
import { readFile } from 'node:fs/promises';

/** What is in sight of a direct `eval` keeps its name; it is taken away again. */
const SIGHT = 'eval("");\n';

export const shortNames = {
  name: 'short-names',
  setup(build) {
    const { loader: texts = {}, target } = build.initialOptions;
    const isText = (path) => Object.keys(texts).some((ending) => path.endsWith(ending));
    build.onLoad({ filter: /\.[cm]?[jt]s$/, namespace: 'file' }, async ({ path }) => {
      if (isText(path)) return undefined;
      const text = await readFile(path, 'utf8');
      const options = { target, legalComments: 'inline', logLevel: 'silent', sourcefile: path };
      const isTyped = /\.[cm]?ts$/.test(path);
      const { code: plain } = isTyped
        ? await build.esbuild.transform(text, { ...options, loader: 'ts' })
        : { code: text };
      const { code } = await build.esbuild.transform(`${plain}\n;${SIGHT}`, {
        ...options,
        minifyIdentifiers: true,
      });
      const end = code.lastIndexOf(SIGHT);
      return { contents: code.slice(0, end) + code.slice(end + SIGHT.length), loader: 'js' };
    });
  },
};
