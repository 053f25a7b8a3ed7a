/**
 * The programs this runtime can run, found by the image that a deployment names. Nothing is pulled:
 * an image is known by the last part of its path, and registry, tag and digest are ignored.
 */
import { operations } from '#shared/contract/catalogue.ts';
import { packFolder, pageFunction, serviceNames } from '#shared/contract/names.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';

export interface FunctionProgram {
  /** `planning-create-plan` */
  readonly name: string;
  /** Folder of its `handler.js`: absolute, or as it lies in the build. */
  readonly folder: string;
  /** An operation of the catalogue, a packed service of it, or the page. */
  readonly isOurs: boolean;
}

export class Images {
  private readonly programs: ReadonlyMap<string, FunctionProgram>;

  /** @param programs of those with one name, the last is found */
  constructor(programs: readonly Omit<FunctionProgram, 'isOurs'>[]) {
    const ours = new Map(catalogueImages().map(({ name, folder }) => [name, folder]));
    this.programs = new Map(
      programs.map(({ name, folder }) => [
        name,
        { name, folder, isOurs: ours.get(name) === folder },
      ]),
    );
  }

  /** @param image `ghcr.io/someone/arduino-trader/planning-create-plan:1.2` */
  find(image: string): FunctionProgram | undefined {
    return this.programs.get(programName(image));
  }

  /** @throws Failure INVALID_REQUEST naming the image */
  require(image: string): FunctionProgram {
    const found = this.find(image);
    if (found) return found;
    throw invalidRequest({
      field: 'image',
      message: `"${image}" is no image of this runtime, which pulls none: it runs what its stack file and its catalogue name`,
    });
  }
}

/** `ghcr.io:443/x/planning-create-plan:1.2@sha256:…` → `planning-create-plan` */
export function programName(image: string): string {
  const [path = ''] = image.split('@');
  const last = path.slice(path.lastIndexOf('/') + 1);
  return last.split(':')[0] ?? '';
}

/** All that the catalogue has: a program an operation, one a service, and the page. */
export function catalogueImages(): readonly Omit<FunctionProgram, 'isOurs'>[] {
  return [
    ...operations.map(({ name, folder }) => ({ name, folder })),
    ...serviceNames.map((service) => ({ name: service, folder: packFolder(service) })),
    pageFunction,
  ];
}
