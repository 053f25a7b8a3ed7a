/**
 * Makes a program of a handler that is not in the build, so that the functions of any stack file run
 * here: `handler.ts`, or a `handler.js` as it is written for the official Node templates.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildFailure, Plugin } from 'esbuild';
import { refused } from '#shared/kernel/failure.ts';

export interface ProgramSource {
  /** For a person who reads why it failed. */
  readonly functionName: string;
  /** Folder of the handler. */
  readonly from: string;
  /** Folder that gets `handler.js`. */
  readonly to: string;
  /** Where `template/`, `shared/` and `protos/` lie, which a handler may import from. */
  readonly projectDir: string;
}

/** Whether the folder holds a handler that can be built. */
export function hasHandler(folder: string): boolean {
  return ['handler.ts', 'handler.js'].some((file) => existsSync(join(folder, file)));
}

/** @throws Failure REFUSED (`function-not-built`) with the first thing that is wrong */
export async function buildProgram(source: ProgramSource): Promise<void> {
  // Loaded only for stack files that name such functions.
  const { build } = await import('esbuild');
  await build({
    stdin: { contents: entryOf(source), resolveDir: source.from, loader: 'ts' },
    outfile: join(source.to, 'handler.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    loader: { '.lua': 'text' },
    plugins: [projectImports(source.projectDir)],
    // Some modules are CommonJS and ask for Node's own modules with require.
    banner: {
      js: "import { createRequire as bundledRequire } from 'node:module';const require = bundledRequire(import.meta.url);",
    },
    logLevel: 'silent',
  }).catch((thrown: BuildFailure) => {
    const [first] = thrown.errors ?? [];
    const where = first?.location ? ` (${first.location.file}:${first.location.line})` : '';
    const why = first ? `${first.text}${where}` : thrown.message;
    throw refused(
      'function-not-built',
      `The function ${source.functionName} does not build: ${why}`,
    );
  });
}

function entryOf({ from }: ProgramSource): string {
  if (existsSync(join(from, 'handler.ts'))) return "export { default } from './handler.ts';";
  return [
    "import handler from './handler.js';",
    "import { official } from '#template/official-handler.ts';",
    'export default official(handler);',
  ].join('\n');
}

/** `#template/…`, `#shared/…` and `#protos/…` are this project's, whichever package asks. */
function projectImports(projectDir: string): Plugin {
  const folders = { template: 'template/node-typescript', shared: 'shared', protos: 'protos' };
  return {
    name: 'project-imports',
    setup: (build) => {
      for (const [name, folder] of Object.entries(folders))
        build.onResolve({ filter: new RegExp(`^#${name}/`) }, ({ path }) => ({
          path: join(projectDir, folder, path.slice(name.length + 2)),
        }));
    },
  };
}
