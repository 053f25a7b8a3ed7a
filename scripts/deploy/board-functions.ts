/** The functions that a board should have: those of a stack file whose services are local there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStack, type StackFunction } from '#gateway/runtime/deployments/stack-file.ts';
import { pageFunction, serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { parseYaml } from '#shared/process/bounded-yaml.ts';
import { servicesFileSchema } from '#shared/placement/placement-schemas.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** @param board folder with the board's `services.yaml` */
export function servicesOf(board: string): readonly ServiceName[] {
  const file = servicesFileSchema.parse(
    parseYaml(readFileSync(join(board, 'services.yaml'), 'utf8')),
  );
  return serviceNames.filter((name) => file.services[name].mode === 'local');
}

export function requestedFunctions(
  stackFile: string,
  services: readonly ServiceName[],
  env: Environment,
): readonly StackFunction[] {
  const stack = parseStack(readFileSync(stackFile, 'utf8'), env);
  return stack.filter(({ labels }) => services.some((service) => service === labels['service']));
}

/** For `faas-cli --regex`: these services, whichever way they are cut, and with the gateway's the page. */
export function regexOf(services: readonly ServiceName[]): string {
  const page = services.includes('gateway') ? [pageFunction.name] : [];
  return `^(${[...services, ...page].join('|')})(-|$)`;
}
