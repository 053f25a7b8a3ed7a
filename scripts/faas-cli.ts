/** Says where faas-cli is; where it is not, installs it with Go, or says why that cannot be. */
import { bringFaasCli } from './deploy/faas-cli.ts';

const faasCli = bringFaasCli(process.env, true);
console.log(
  'program' in faasCli
    ? `faas-cli: ${faasCli.program}`
    : `tests with faas-cli will be skipped: ${faasCli.missing}`,
);
