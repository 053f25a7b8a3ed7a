/**
 * Before any test: the real redis-server must be there, and where it may be installed, it is. The
 * real faas-cli is looked for, and installed where Go is; its tests are skipped where it is not to be
 * had, and why is said here and at the end of `npm run check`.
 */
import { findRedisServer } from '#gateway/embedded/redis/redis-program.ts';
import { findOrInstallFaasCli } from '../../scripts/deploy/find-faas-cli.ts';
import { settingTable } from '#shared/process/settings.ts';

export default async function setUp(): Promise<void> {
  await findRedisServer({
    env: process.env,
    isRoot: process.getuid?.() === 0,
    print: (line) => console.error(line),
  });
  const faasCli = findOrInstallFaasCli(process.env);
  // The processes that run the tests inherit it.
  if ('program' in faasCli) process.env['FAAS_CLI'] = faasCli.program;
  else {
    process.env['NO_FAAS_CLI'] = faasCli.missing;
    console.error(`tests with faas-cli are skipped: ${faasCli.missing}`);
  }
  forgetInstallation(process.env);
}

/** How things are printed, and what is exported where. */
const OF_A_SHELL =
  /^(?:CI|NO_COLOR|FORCE_COLOR|CLICOLOR(?:_FORCE)?|INIT_CWD|EDITOR|VISUAL|BUILD_VERSION|OTEL_.*)$/;

/**
 * A person's shell may say where their installation is: no test may work on that. The processes that run
 * the tests inherit what is left.
 */
function forgetInstallation(env: NodeJS.ProcessEnv): void {
  const settings = Object.values(settingTable).map((setting) => setting.env);
  const all = [...settings, 'SECRETS_DIR', 'secret_mount_path'];
  const own = new Set(all.flatMap((name) => [name, `${name}_FILE`]));
  for (const name of Object.keys(env)) if (own.has(name) || OF_A_SHELL.test(name)) delete env[name];
  // A proxy leads out of this machine, and never back to it.
  for (const name of ['no_proxy', 'NO_PROXY'])
    env[name] = [env[name], '127.0.0.1', 'localhost', '::1'].filter(Boolean).join(',');
}
