/** Finds redis-server; where it is missing and may be installed, installs it. */
import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Failure } from '#shared/kernel/failure.ts';

export interface ProgramOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  /** Informs the waiting user. */
  readonly print: (line: string) => void;
}

/** @throws Failure REFUSED (`redis-server-missing`) with what to do */
export async function findRedisServer(options: ProgramOptions): Promise<string> {
  const { env, isRoot, print } = options;
  const found = await onPath('redis-server', env);
  if (found) return found;
  const aptGet = isRoot ? await onPath('apt-get', env) : undefined;
  if (aptGet) {
    print('redis-server is not installed; installing it with apt-get');
    await install(aptGet, env);
    const installed = await onPath('redis-server', env);
    if (installed) return installed;
  }
  throw new Failure(
    'REFUSED',
    'redis-server is not installed: install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), or set REDIS_URL.',
    { rule: 'redis-server-missing' },
  );
}

async function onPath(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  for (const dir of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const file = join(dir, name);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return undefined;
}

/** The package lists may be missing or old; then they are fetched and it is tried once more. */
async function install(
  aptGet: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const packages = ['install', '-y', '--no-install-recommends', 'redis-server'];
  if (await run(aptGet, packages, env)) return;
  await run(aptGet, ['update'], env);
  await run(aptGet, packages, env);
}

/** Runs to its end with all output on stderr: stdout may be a document. */
function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 2, 2],
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
