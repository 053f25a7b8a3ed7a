/**
 * Compares what a gateway has deployed with what the board should have:
 *
 *   npm run deployed -- [--gateway URL] [--board FOLDER] [--stack FILE] [--password-file FILE]
 *
 * Exit code 0 when all is as it should be, 1 with a line for each difference, 2 when it cannot tell.
 */
import { parseArgs } from 'node:util';
import { differences } from './deploy/differences.ts';
import { authorizationOf, gatewayAddress, listFunctions } from './deploy/gateway.ts';
import { servicesOf, requestedFunctions } from './deploy/wanted.ts';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      gateway: { type: 'string', default: process.env['OPENFAAS_URL'] ?? 'http://127.0.0.1:8080' },
      board: { type: 'string', default: 'deploy/boards/all-local' },
      stack: { type: 'string', default: 'stack.yml' },
      'password-file': { type: 'string' },
    },
  });
  const gateway = gatewayAddress(values.gateway);
  const requested = requestedFunctions(values.stack, servicesOf(values.board), process.env);
  const authorization = authorizationOf(gateway, values['password-file'], process.env);
  const lines = differences(requested, await listFunctions(gateway, authorization));
  for (const line of lines) console.log(line);
  const all = `${requested.length} functions of ${values.stack}`;
  console.log(
    lines.length === 0 ? `${all}: as they should be` : `${all}: ${lines.length} differences`,
  );
  return lines.length === 0 ? 0 : 1;
}

process.exitCode = await main().catch((thrown: unknown) => {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  return 2;
});
