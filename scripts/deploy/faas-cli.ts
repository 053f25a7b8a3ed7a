/** Where faas-cli is, and how it comes here where Go is. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** A program that runs, or in words why there is none. */
export type FaasCli = { readonly program: string } | { readonly missing: string };

const MODULE = 'github.com/openfaas/faas-cli@latest';
/** Where `go install` puts it for this project alone. */
const OWN_FOLDER = resolve('build', 'tools');
/** What became of the last attempt to install it; a closed network need not be asked before every test. */
const FAILED = join(OWN_FOLDER, 'faas-cli.failed');
const FAILED_MS = 3_600_000;
const INSTALL_MS_MAX = 300_000;

/**
 * The first that runs of: `FAAS_CLI`, what the path has, what `go install` left before.
 * @throws Error when `FAAS_CLI` names a program that does not run
 */
export function findFaasCli(env: Environment): FaasCli {
  const given = env['FAAS_CLI'];
  if (given) {
    if (!runs(given)) throw new Error(`FAAS_CLI: ${given} cannot be run`);
    return { program: given };
  }
  const places = ['faas-cli', ...goFolders().map((folder) => join(folder, 'faas-cli'))];
  const program = places.find(runs);
  return program === undefined ? { missing: 'no faas-cli is installed' } : { program };
}

/**
 * Finds it, or installs it with Go.
 * @param again whether to try although an attempt has failed within the hour
 */
export function bringFaasCli(env: Environment, again = false): FaasCli {
  const found = findFaasCli(env);
  if ('program' in found) return found;
  const failed = again ? undefined : lastFailure();
  if (failed !== undefined) return { missing: failed };
  try {
    mkdirSync(OWN_FOLDER, { recursive: true });
    execFileSync('go', ['install', MODULE], {
      env: { ...env, GOBIN: OWN_FOLDER },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: INSTALL_MS_MAX,
    });
    rmSync(FAILED, { force: true });
    return findFaasCli(env);
  } catch (thrown) {
    const missing = `${found.missing}, and ${reasonOf(thrown)}`;
    writeFileSync(FAILED, missing);
    return { missing };
  }
}

function runs(program: string): boolean {
  try {
    execFileSync(program, ['version', '--short-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Where `go install` may have put it. */
function goFolders(): string[] {
  try {
    const asked = ['env', 'GOBIN', 'GOPATH'];
    const [bin = '', path = ''] = execFileSync('go', asked, { encoding: 'utf8' }).split('\n');
    return [bin, path && join(path, 'bin'), OWN_FOLDER].filter((folder) => folder !== '');
  } catch {
    return [OWN_FOLDER];
  }
}

function lastFailure(): string | undefined {
  if (!existsSync(FAILED) || Date.now() - statSync(FAILED).mtimeMs > FAILED_MS) return undefined;
  return readFileSync(FAILED, 'utf8');
}

function reasonOf(thrown: unknown): string {
  const { code, stderr } = thrown as { code?: string; stderr?: string };
  if (code === 'ENOENT') return 'there is no Go to install it with';
  const said = stderr?.trim().split('\n')[0] ?? '';
  return `go install ${MODULE} failed: ${code === 'ETIMEDOUT' ? 'it took too long' : said}`;
}
