/** The bundles of functions, made as the template makes them in their images. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm, stat, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const TEMPLATE = 'template/node-typescript';
const HANDS = 2;

/** @returns the folders of what each image holds, by the functions' names */
export async function makeImages(
  handlers: ReadonlyMap<string, string>,
  into: string,
): Promise<ReadonlyMap<string, string>> {
  await rm(into, { recursive: true, force: true });
  const left = [...handlers];
  const made = new Map<string, string>();
  const hand = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [name, handler] = next;
      made.set(name, await makeImage(handler, join(into, name)));
    }
  };
  await Promise.all(Array.from({ length: HANDS }, hand));
  return made;
}

/** As faas-cli puts a build context together; what all functions share is linked, not copied. */
async function makeImage(handler: string, context: string): Promise<string> {
  await mkdir(context, { recursive: true });
  const own = (path: string): boolean => !/\/(function|node_modules)$/.test(path);
  await cp(TEMPLATE, context, { recursive: true, filter: own });
  const folder = join(context, 'function');
  await mkdir(folder);
  for (const entry of await readdir(handler))
    await cp(join(handler, entry), join(folder, entry), { recursive: true });
  await cp('package.json', join(folder, 'package.json'));
  for (const shared of ['shared', 'protos']) await symlink(resolve(shared), join(folder, shared));
  await promisify(execFile)(process.execPath, ['build.mjs'], { cwd: context });
  return join(context, 'dist');
}

export async function megabytesOf(image: string): Promise<number> {
  return (await stat(join(image, 'index.js'))).size / 2 ** 20;
}
