/** The placement of a board's services, held against that of the boards in the folders beside its own. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { serviceNames } from '#shared/contract/names.ts';
import { deviceFileSchema, servicesFileSchema } from '#shared/placement/placement-schemas.ts';
import { parseYaml } from '#shared/process/bounded-yaml.ts';
import { contradictions, type BoardSides } from '#shared/runtime/idempotency/board-claims.ts';

/**
 * @param board folder with `device.yaml` and `services.yaml`
 * @returns a line for each service that two boards have, or none
 */
export function placementDifferences(board: string): string[] {
  const own = resolve(board);
  const parent = dirname(own);
  const others = readdirSync(parent)
    .map((name) => join(parent, name))
    .filter((folder) => folder !== own && isBoard(folder));
  if (!isBoard(own)) return [];
  const found = contradictions(sidesOf(own), others.map(sidesOf));
  return found.map(({ field, message }) => `${field}: ${message}`);
}

function isBoard(folder: string): boolean {
  return ['device.yaml', 'services.yaml'].every((name) => existsSync(join(folder, name)));
}

function sidesOf(folder: string): BoardSides {
  const read = (name: string): unknown => parseYaml(readFileSync(join(folder, name), 'utf8'));
  const { services } = servicesFileSchema.parse(read('services.yaml'));
  const elsewhere: BoardSides['elsewhere'] = {};
  for (const name of serviceNames) {
    const place = services[name];
    if (place.mode === 'remote' && place.device !== undefined) elsewhere[name] = place.device;
  }
  const has = serviceNames.filter((name) => services[name].mode === 'local');
  return { board: deviceFileSchema.parse(read('device.yaml')).name, has, elsewhere };
}
