/** Finds faas-cli, or installs it with Go. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** A program that runs, or in words why there is none. */
export type FaasCli = { readonly program: string } | { readonly missing: string };

const MODULE = 'github.com/openfaas/faas-cli@latest';
/** Where `go install` puts it for this project alone. */
const OWN_FOLDER = resolve('build', 'tools');
/** A closed network need not be asked before every run of tests. */
const ASK_AGAIN_MS = 3_600_000;
const INSTALL_MS_MAX = 300_000;

/**
 * The first that runs of: `FAAS_CLI`, what the path has, what `go install` has left.
 * @throws Error when `FAAS_CLI` names a program that does not run
 */
export function findFaasCli(env: Environment, folder = OWN_FOLDER): FaasCli {
  const given = env['FAAS_CLI'];
  if (given) {
    if (!runs(given, env)) throw new Error(`FAAS_CLI: ${given} cannot be run`);
    return { program: given };
  }
  const folders = [...goFolders(env), folder];
  const places = ['faas-cli', ...folders.map((one) => join(one, 'faas-cli'))];
  const program = places.find((place) => runs(place, env));
  return program === undefined ? { missing: 'no faas-cli is installed' } : { program };
}

/**
 * Finds it, or installs it with Go.
 * @param again whether to try although an attempt has failed within the hour
 */
export function findOrInstallFaasCli(
  env: Environment,
  again = false,
  folder = OWN_FOLDER,
): FaasCli {
  const found = findFaasCli(env, folder);
  if ('program' in found) return found;
  const failed = join(folder, 'faas-cli.failed');
  const known = again ? undefined : freshFailure(failed);
  if (known !== undefined) return { missing: known };
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync('go', ['install', MODULE], {
      env: { ...env, GOBIN: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: INSTALL_MS_MAX,
    });
    rmSync(failed, { force: true });
    return findFaasCli(env, folder);
  } catch (thrown) {
    const missing = `${found.missing}, and ${reasonOf(thrown)}`;
    writeFileSync(failed, `${Date.now()} ${missing}`);
    return { missing };
  }
}

function runs(program: string, env: Environment): boolean {
  try {
    execFileSync(program, ['version', '--short-version'], { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Where `go install` may have put it. */
function goFolders(env: Environment): string[] {
  try {
    const asked = execFileSync('go', ['env', 'GOBIN', 'GOPATH'], { env, encoding: 'utf8' });
    const [bin = '', path = ''] = asked.split('\n');
    return [bin, path && join(path, 'bin')].filter((folder) => folder !== '');
  } catch {
    return [];
  }
}

/** Why an attempt within the hour failed. Its time is in the file: a disk's clock may be another one. */
function freshFailure(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const [, at = '', missing] = /^(\d+) ([^]*)$/.exec(readFileSync(file, 'utf8')) ?? [];
  const ageMs = Date.now() - Number(at);
  return ageMs >= 0 && ageMs < ASK_AGAIN_MS ? missing : undefined;
}

function reasonOf(thrown: unknown): string {
  const { code, stderr } = thrown as { code?: string; stderr?: string };
  if (code === 'ENOENT') return 'there is no Go to install it with';
  if (code === 'ETIMEDOUT') return `go install ${MODULE} took too long`;
  const message = stderr?.trim().split('\n')[0]?.replace(`go: ${MODULE}: `, '');
  return `go install ${MODULE} failed: ${message ?? 'without a reason'}`;
}
