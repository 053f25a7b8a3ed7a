/** The bundles of functions, made as the template makes them in their images. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const TEMPLATE = 'template/node-typescript';
const HANDS = 2;

export interface Image {
  /** What lies in it. */
  readonly folder: string;
  /** Of program text that its start reads. */
  readonly kilobytes: number;
}

/** @returns the images by the functions' names */
export async function makeImages(
  handlers: ReadonlyMap<string, string>,
  into: string,
): Promise<ReadonlyMap<string, Image>> {
  await rm(into, { recursive: true, force: true });
  const left = [...handlers];
  const made = new Map<string, Image>();
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
async function makeImage(handler: string, context: string): Promise<Image> {
  await mkdir(context, { recursive: true });
  const own = (path: string): boolean => !/\/(function|node_modules)$/.test(path);
  await cp(TEMPLATE, context, { recursive: true, filter: own });
  const folder = join(context, 'function');
  await mkdir(folder);
  for (const entry of await readdir(handler))
    await cp(join(handler, entry), join(folder, entry), { recursive: true });
  await cp('package.json', join(folder, 'package.json'));
  for (const shared of ['shared', 'protos', 'functions'])
    await symlink(resolve(shared), join(folder, shared));
  const build = promisify(execFile)(process.execPath, ['build.mjs'], { cwd: context });
  const [, kilobytes = ''] = /: (\d+) KB at the start/.exec((await build).stderr) ?? [];
  return { folder: join(context, 'dist'), kilobytes: Number(kilobytes) };
}
