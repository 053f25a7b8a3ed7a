/** Build contexts as `faas-cli build --shrinkwrap` leaves them in `build/<function>`. */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

interface StackFile {
  readonly functions: Readonly<Record<string, { readonly lang: string; readonly handler: string }>>;
  readonly configuration?: { readonly copy?: readonly string[] };
}

export async function readStack(file: string): Promise<StackFile> {
  return parse(await readFile(file, 'utf8')) as StackFile;
}

/**
 * Lets faas-cli assemble the contexts of a stack file, in a folder of its own that looks like this
 * project.
 * @returns the folder of the contexts, by the functions' names
 */
export async function shrinkwrap(faasCli: string, stackFile: string, into: string) {
  await mkdir(into, { recursive: true });
  const { configuration } = await readStack(stackFile);
  const copied = configuration?.copy ?? [];
  for (const name of new Set(['template', 'functions', stackFile, ...copied]))
    await symlink(resolve(name), join(into, name)).catch(() => undefined);
  execFileSync(faasCli, ['build', '--shrinkwrap', '-f', stackFile, '--parallel', '2'], {
    cwd: into,
    stdio: 'ignore',
  });
  return join(into, 'build');
}

/**
 * Assembles one context by the same rules (`CreateBuildContext` of OpenFaaS' go-sdk), for where there
 * is no faas-cli: the whole template, the handler's entries but `build` and `template`, the copies
 * under the handler at the path as written. Links are followed.
 */
export async function assemble(
  spec: { readonly lang: string; readonly handler: string; readonly copy?: readonly string[] },
  into: string,
): Promise<void> {
  await mkdir(into, { recursive: true });
  await copy(join('template', spec.lang), into);
  const destination = join(into, 'function');
  await mkdir(destination, { recursive: true });
  for (const entry of await readdir(spec.handler)) {
    if (entry === 'build' || entry === 'template') continue;
    await copy(join(spec.handler, entry), join(destination, entry));
  }
  for (const path of spec.copy ?? []) await copy(path, join(destination, path));
}

async function copy(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, dereference: true });
}
