/**
 * Before any test: the real redis-server must be there, and where it may be installed, it is. The
 * real faas-cli is looked for, and installed where Go is; its tests are skipped where it is not to be
 * had, and why is said here and at the end of `npm run check`.
 */
import { findRedisServer } from '#gateway/embedded/redis/redis-program.ts';
import { findOrInstallFaasCli } from '../../scripts/deploy/find-faas-cli.ts';

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
}
