/** The comments of the protos, by full name: `package.Message`, `package.Message.jsonName`, `package.Service.Rpc`. */
import { protoFiles, type ProtoFile } from './proto-image.ts';

/** Numbers of fields in google.protobuf's descriptor.proto. */
const MESSAGE = 4;
const ENUM = 5;
const SERVICE = 6;
const MEMBER = 2;

export function protoComments(imageJson: string): ReadonlyMap<string, string> {
  return new Map(protoFiles(imageJson).flatMap((file) => [...commentsIn(file)]));
}

function* commentsIn(file: ProtoFile): Generator<[string, string]> {
  for (const { path, leadingComments, trailingComments } of file.sourceCodeInfo?.location ?? []) {
    const text = oneLine(leadingComments ?? trailingComments ?? '');
    const name = nameAt(file, path);
    if (text !== '' && name !== undefined) yield [name, text];
  }
}

/** Of messages, enums, services and their members; of what is nested in a message there are none. */
function nameAt(file: ProtoFile, path: readonly number[]): string | undefined {
  const [kind, index = -1, member, at = -1] = path;
  const lists: Readonly<Record<number, readonly Owner[]>> = {
    [MESSAGE]: file.messageType.map(({ name, field: members }) => ({
      name,
      members: members.map(({ jsonName }) => jsonName),
    })),
    [ENUM]: file.enumType.map(({ name, value }) => ({ name, members: value.map(nameOf) })),
    [SERVICE]: file.service.map(({ name, method }) => ({ name, members: method.map(nameOf) })),
  };
  const owner = lists[kind ?? 0]?.[index];
  if (!owner || path.length > 4) return undefined;
  const whole = `${file.package}.${owner.name}`;
  if (path.length === 2) return whole;
  const found = path.length === 4 && member === MEMBER ? owner.members[at] : undefined;
  return found === undefined ? undefined : `${whole}.${found}`;
}

interface Owner {
  readonly name: string;
  readonly members: readonly string[];
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
