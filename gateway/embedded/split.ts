/** Splits the stack into the functions of this board and those of other boards. */
import type { StackFunction } from '#gateway/runtime/deployments/stack-file.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { operationAt } from '#shared/contract/catalogue.ts';
import { isServiceName } from '#shared/contract/names.ts';
import { allLocal, remotePlaces, type Place, type Placement } from '#shared/placement/placement.ts';

export function isHere(placement: Placement) {
  return ({ name }: StackFunction): boolean => placeOf(name, placement)?.mode !== 'remote';
}

/** For each function of another board's services: where it runs. */
export function elsewhereOf(
  stack: readonly StackFunction[],
  placement: Placement,
): ReadonlyMap<string, Failure> {
  return new Map(
    stack.flatMap(({ name }): [string, Failure][] => {
      const place = placeOf(name, placement);
      if (place?.mode !== 'remote') return [];
      const { device, address, service } = place;
      const text = `${name} runs on ${device.name} (${address}), not on ${placement.device}.`;
      return [[name, new Failure('NOT_FOUND', text, { service, device: device.name })]];
    }),
  );
}

function placeOf(name: string, { places }: Placement): Place | undefined {
  const service = isServiceName(name) ? name : operationAt(name, '/')?.operation.service;
  return service && places[service];
}

/** For the person who starts the board; nothing where there is only one. */
export function placementText(placement: Placement): string[] {
  if (placement === allLocal) return [];
  const far = remotePlaces(placement).map(
    ({ service, device, address }) => `${service} on ${device.name} (${address})`,
  );
  return [`This is ${placement.device}. Elsewhere: ${far.join(', ') || 'nothing'}.`];
}
