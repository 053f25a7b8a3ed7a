/**
 * Compares what a gateway has deployed with what the board should have:
 *
 *   npm run deployed -- [--gateway URL] [--board FOLDER] [--stack FILE] [--password-file FILE]
 *                       [--compose FILE] [--provider FILE] [--wake]
 *
 * `--wake`: functions that are deployed are called first, 30 s at most, as faasd starts a function again only when it
 * is called: after a reboot, or a kill, one that nobody called is not ready.
 *
 * `--compose` and `--provider`: faasd's compose file and its provider's systemd unit, for the limits
 * of gateway and provider; unless given, where faasd puts them, and on a machine without them the
 * limits are not checked, which is said. What `systemctl edit` added to the unit counts: it lies beside it, in
 * `FILE.d/*.conf`.
 *
 * The boards in the folders beside FOLDER are held against it: a service that two have, or none, is a difference.
 *
 * Exit code 0 when all is as it should be, 1 with a line for each difference, 2 when it cannot be determined.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { StackFunction } from '#gateway/runtime/deployments/stack-file.ts';
import { differences } from './deploy/function-differences.ts';
import {
  authorizationOf,
  gatewayAddress,
  listFunctions,
  waitUntilServing,
} from './deploy/board-gateway.ts';
import {
  innerDifferences,
  limitDifferences,
  limitsOfGateway,
  limitsOfProvider,
} from './deploy/host-time-limits.ts';
import { placementDifferences } from './deploy/placement-conflicts.ts';
import { servicesOf, requestedFunctions } from './deploy/board-functions.ts';
import { unitText } from './deploy/unit-text.ts';

const COMPOSE = '/var/lib/faasd/docker-compose.yaml';
const PROVIDER = 'faasd-provider.service';

function gatewayFile(given: string | undefined): string | undefined {
  if (given !== undefined || existsSync(COMPOSE)) return readFileSync(given ?? COMPOSE, 'utf8');
  console.log(`the limits of the gateway were not checked: there is no ${COMPOSE} here`);
  return undefined;
}

function providerUnit(given: string | undefined): string | undefined {
  const text =
    given === undefined ? unitText(PROVIDER) : unitText(basename(given), [dirname(given)]);
  if (text === undefined && given !== undefined)
    throw new Error(`--provider: there is no ${given}`);
  if (text === undefined)
    console.log(`the limits of the provider were not checked: there is no ${PROVIDER} here`);
  return text;
}

const WAKES_WITHIN_MS = 30_000;

/** Those that are not deployed would only be waited for. */
async function wake(
  gateway: string,
  authorization: string,
  requested: readonly StackFunction[],
): Promise<void> {
  const there = new Set((await listFunctions(gateway, authorization)).map(({ name }) => name));
  const names = requested.map(({ name }) => name).filter((name) => there.has(name));
  await waitUntilServing(gateway, names, WAKES_WITHIN_MS);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      gateway: { type: 'string', default: process.env['OPENFAAS_URL'] ?? 'http://127.0.0.1:8080' },
      board: { type: 'string', default: 'deploy/boards/all-local' },
      stack: { type: 'string', default: 'stack.yml' },
      'password-file': { type: 'string' },
      compose: { type: 'string' },
      provider: { type: 'string' },
      wake: { type: 'boolean', default: false },
    },
  });
  const gateway = gatewayAddress(values.gateway);
  const requested = requestedFunctions(values.stack, servicesOf(values.board), process.env);
  const authorization = authorizationOf(gateway, values['password-file'], process.env);
  const compose = gatewayFile(values.compose);
  const provider = providerUnit(values.provider);
  const limits = [
    ...(compose === undefined ? [] : limitsOfGateway(compose)),
    ...(provider === undefined ? [] : limitsOfProvider(provider)),
  ];
  if (values.wake) await wake(gateway, authorization, requested);
  const lines = [
    ...differences(requested, await listFunctions(gateway, authorization)),
    ...innerDifferences(requested),
    ...placementDifferences(values.board),
    ...limitDifferences(requested, limits),
  ];
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
