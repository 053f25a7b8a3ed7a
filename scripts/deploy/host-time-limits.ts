/**
 * Whether gateway and provider of a board wait as long as a function may take. Neither reports its limits
 * over the network; they are read from its files on the board.
 */
import * as z from 'zod';
import type { StackFunction } from '#gateway/runtime/deployments/stack-file.ts';
import { parseYaml } from '#shared/process/bounded-yaml.ts';
import { durationMs } from '#template/limits/durations.ts';

/** What OpenFaaS' gateway and faasd's provider wait where nothing is said. */
const DEFAULT = '60s';
const OF_GATEWAY = ['read_timeout', 'write_timeout', 'upstream_timeout'] as const;
const OF_PROVIDER = 'service_timeout';

const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      environment: z
        .union([z.array(z.string()), z.record(z.string(), z.coerce.string())])
        .optional(),
    }),
  ),
});

interface Limit {
  readonly name: string;
  readonly text: string;
}

/**
 * @param composeText faasd's `docker-compose.yaml`
 * @throws Error where there is no service `gateway` in it
 */
export function limitsOfGateway(composeText: string): Limit[] {
  const gateway = composeSchema.parse(parseYaml(composeText)).services['gateway'];
  if (!gateway) throw new Error('the compose file has no service gateway');
  const variables = variablesOf(gateway.environment ?? []);
  return OF_GATEWAY.map((name) => ({ name: `gateway: ${name}`, text: variables[name] ?? DEFAULT }));
}

/**
 * @param unit text of the systemd unit of faasd's provider, with its `Environment=` lines and what was added to it:
 *   the last one counts, and an empty one forgets those before it
 */
export function limitsOfProvider(unit: string): Limit[] {
  const lines = [...unit.matchAll(/^\s*Environment=(.*)$/gm)].map(([, line = '']) => line.trim());
  const counted = lines.slice(lines.lastIndexOf('') + 1);
  const assigned = counted.flatMap((line) =>
    [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? ''),
  );
  const text = variablesOf(assigned)[OF_PROVIDER] ?? DEFAULT;
  return [{ name: `provider: ${OF_PROVIDER}`, text }];
}

/** A line for each limit that would cut a function off before its own does. */
export function limitDifferences(
  requested: readonly StackFunction[],
  limits: readonly Limit[],
): string[] {
  const [longest] = requested
    .map(({ name, environment }) => ({ name, text: environment['exec_timeout'] ?? '30s' }))
    .sort((a, b) => msOf(b.text) - msOf(a.text));
  if (!longest) return [];
  return limits.flatMap(({ name, text }) => {
    const ms = durationMs(text);
    if (ms === undefined) return [`${name} is ${text}, which is no duration`];
    return ms > msOf(longest.text)
      ? []
      : [`${name} is ${text}, should be more than ${longest.text}, which ${longest.name} may take`];
  });
}

/** The limits inside of a function's container: of-watchdog's names, the inner below the outer. */
export function innerDifferences(requested: readonly StackFunction[]): string[] {
  return requested.flatMap(({ name, environment }) => {
    const { exec_timeout: exec = '30s' } = environment;
    return (['read_timeout', 'write_timeout'] as const)
      .filter((limit) => msOf(environment[limit] ?? '30s') <= msOf(exec))
      .map((limit) => `${name}: ${limit} is ${environment[limit] ?? '30s'}, not above ${exec}`);
  });
}

function msOf(text: string): number {
  return durationMs(text) ?? Number.NaN;
}

function variablesOf(given: readonly string[] | Readonly<Record<string, string>>) {
  if (!Array.isArray(given)) return given as Readonly<Record<string, string | undefined>>;
  const pairs = (given as readonly string[]).map((text): [string, string] => {
    const at = text.indexOf('=');
    return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs) as Readonly<Record<string, string | undefined>>;
}
