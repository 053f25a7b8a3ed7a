/** Bundles the simulation, as it is or with one fault planted in its sources. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import options from '../build/bundle-options.json' with { type: 'json' };

export interface SourceFault {
  readonly name: string;
  /** From the project's root. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly text: string;
  readonly instead: string;
}

/**
 * @param root of the project
 * @returns the path of the bundle, inside the project, so that node_modules is found from it
 */
export async function bundleSimulation(root: string, fault?: SourceFault): Promise<string> {
  const name = fault ? `planted-${fault.name}` : 'simulation';
  return bundleTests(root, 'tests/simulation/main.ts', name, fault ? [planting(root, fault)] : []);
}

/** @param entry a file of the tests that runs by itself */
export async function bundleTests(
  root: string,
  entry: string,
  name: string,
  plugins: Plugin[] = [],
): Promise<string> {
  const outfile = join(root, 'build', 'simulation', `${name}-${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    outfile,
    ...(options as BuildOptions),
    plugins,
  });
  return outfile;
}

function planting(root: string, { name, file, text, instead }: SourceFault): Plugin {
  const path = resolve(root, file);
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return {
    name: `plant-${name}`,
    setup: (building) => {
      building.onLoad({ filter: new RegExp(`^${escaped}$`) }, async () => {
        const source = await readFile(path, 'utf8');
        const parts = source.split(text);
        if (parts.length !== 2)
          return {
            errors: [{ text: `${name}: its text stands ${parts.length - 1} times in ${file}` }],
          };
        return { contents: parts.join(instead), loader: file.endsWith('.lua') ? 'text' : 'ts' };
      });
    },
  };
}
