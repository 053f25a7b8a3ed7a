/** The packed function of each service: its operations' handlers under their paths; and which operations are CPU-bound. */
import { operations, operationsOf } from '#shared/contract/catalogue.ts';
import { kebab, packFolder, serviceNames, type ServiceName } from '#shared/contract/names.ts';

/** @returns file and text of each service's `handler.ts` */
export function packs(): [file: string, text: string][] {
  return serviceNames.map((service) => [`${packFolder(service)}/handler.ts`, packOf(service)]);
}

/** For the build, which bundles them apart from the others. */
export function heavyOperations(): string {
  const folders = operations.filter(({ weight }) => weight === 'heavy').map(({ folder }) => folder);
  return `${JSON.stringify(folders.sort(), null, 2)}\n`;
}

function packOf(service: ServiceName): string {
  const rpcs = operationsOf(service)
    .map(({ rpc }) => rpc)
    .sort();
  return [
    `/** Generated from the catalogue by \`npm run generate\`: the ${service} service in one function. */`,
    ...rpcs.map((rpc) => `import ${rpc} from './${kebab(rpc)}/handler.ts';`),
    `import { ${service} } from '#shared/contract/${service}.ts';`,
    "import { pack } from '#shared/runtime/pack.ts';",
    '',
    `export default pack('${service}', ${service}, {`,
    ...rpcs.map((rpc) => `  ${rpc},`),
    '});',
    '',
  ].join('\n');
}
