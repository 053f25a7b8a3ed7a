/** The protos as descriptors, as `npm run generate` wrote them. */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type FileDescriptorSet,
} from '@bufbuild/protobuf/wkt';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '#shared/kernel/failure.ts';

const FILE = 'protos/gen/descriptors.binpb';

/** Read lazily: few processes need their descriptors. */
export class Descriptors {
  private readonly path: string;
  private known: FileDescriptorSet | undefined;

  /** @param projectDir the folder in which `protos/` lies */
  constructor(projectDir: string) {
    this.path = join(projectDir, FILE);
  }

  /** @throws Failure REFUSED descriptors-missing */
  get set(): FileDescriptorSet {
    this.known ??= fromBinary(FileDescriptorSetSchema, this.read());
    return this.known;
  }

  /** Each proto file on its own, comments included. */
  files(): Buffer[] {
    return this.set.file.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file)));
  }

  private read(): Buffer {
    try {
      return readFileSync(this.path);
    } catch (cause) {
      const detail = `${this.path} is not there; npm run generate writes it.`;
      throw new Failure('REFUSED', detail, { rule: 'descriptors-missing' }, cause);
    }
  }
}
