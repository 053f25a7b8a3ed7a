/** The protos as descriptors, built by buf from the sources at hand. */
import { execFileSync } from 'node:child_process';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema, type FileDescriptorSet } from '@bufbuild/protobuf/wkt';

export function buildDescriptors(): FileDescriptorSet {
  const image = execFileSync('npx', ['buf', 'build', 'protos', '-o', '-#format=binpb'], {
    maxBuffer: 16 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return fromBinary(FileDescriptorSetSchema, image);
}
