/** The stack file in use, with a program for each of its functions. */
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { programName } from '#gateway/runtime/deployments/runnable-images.ts';
import {
  buildProgram,
  hasHandler,
  type ProgramSource,
} from '#gateway/runtime/executors/program-build.ts';
import {
  programsOf,
  readStackFile,
  type StackFunction,
} from '#gateway/runtime/deployments/stack-file.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Environment } from '#shared/process/settings.ts';

export interface StackPlaces {
  /** Where the project's own stack file lies. */
  readonly projectDir: string;
  /** Where its functions lie, built. */
  readonly distDir: string;
  /** Where programs are put that are built at the start. */
  readonly dataDir: string;
}

/** @param given the setting; the project's own stack file unless given */
export function stackFileOf(given: string | undefined, { projectDir }: StackPlaces): string {
  return given === undefined ? join(projectDir, 'stack.yml') : resolve(given);
}

/** @throws Failure REFUSED where the file cannot be read, INVALID_REQUEST naming every wrong key */
export function readStack(file: string, env: Environment): Promise<readonly StackFunction[]> {
  return readStackFile(file, env);
}

/**
 * Finds each function's handler in the build, or builds it from the folder that the stack file names.
 * @returns the functions with the folders of their programs
 * @throws Failure REFUSED naming what is not there or does not build
 */
export async function withPrograms(
  stack: readonly StackFunction[],
  file: string,
  places: StackPlaces,
): Promise<readonly StackFunction[]> {
  // Checked before anything is built: an image stands for one handler.
  programsOf(stack);
  const programsDir = join(places.dataDir, 'gateway', 'programs');
  await rm(programsDir, { recursive: true, force: true });
  const found = await Promise.all(
    stack.map(async (one) => ({ one, program: await find(one, file, places) })),
  );
  const missing = found.filter(({ program }) => program === undefined).map(({ one }) => one.name);
  if (missing.length > 0)
    throw new Failure(
      'REFUSED',
      `The stack file names functions that are not built: ${missing.join(', ')}.`,
      { rule: 'functions-missing' },
    );
  const built = new Map<string, Promise<string>>();
  return Promise.all(
    found.map(async ({ one, program = { kind: 'built', folder: '' } }) => {
      if (program.kind === 'built') return { ...one, handler: program.folder };
      const name = programName(one.image);
      const to = join(programsDir, name);
      const source = { functionName: one.name, from: program.folder, to };
      // Functions may share an image; it is built once.
      const building = built.get(name) ?? make({ ...source, projectDir: places.projectDir });
      built.set(name, building);
      return { ...one, handler: await building };
    }),
  );
}

async function make(source: ProgramSource): Promise<string> {
  await mkdir(source.to, { recursive: true, mode: 0o700 });
  await writeFile(join(source.to, 'package.json'), '{"type":"module"}\n');
  await buildProgram(source);
  return source.to;
}

type Found = { readonly kind: 'built' | 'source'; readonly folder: string } | undefined;

/** A stack file in another folder may still refer to functions of the build. */
async function find({ handler }: StackFunction, file: string, places: StackPlaces): Promise<Found> {
  const source = resolve(dirname(file), handler);
  const inProject = relative(places.projectDir, source);
  if (!inProject.startsWith('..') && (await isBuilt(inProject, places)))
    return { kind: 'built', folder: inProject };
  if (hasHandler(source)) return { kind: 'source', folder: source };
  return (await isBuilt(handler, places)) ? { kind: 'built', folder: handler } : undefined;
}

function isBuilt(folder: string, { distDir }: StackPlaces): Promise<boolean> {
  return access(join(distDir, folder, 'handler.js')).then(
    () => true,
    () => false,
  );
}
