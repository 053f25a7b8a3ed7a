/** Says where faas-cli is; where it is not, installs it with Go, or says why that cannot be. */
import { findOrInstallFaasCli } from './deploy/find-faas-cli.ts';

const faasCli = findOrInstallFaasCli(process.env, true);
console.log(
  'program' in faasCli
    ? `faas-cli: ${faasCli.program}`
    : `tests with faas-cli will be skipped: ${faasCli.missing}`,
);
