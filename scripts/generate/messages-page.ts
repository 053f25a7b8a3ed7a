/** docs/use/messages.md: each message and enum of the protos, with what its comments say. */
import { generatedFrom, table } from './markdown.ts';
import { protoComments } from './proto-comments.ts';
import {
  protoFiles,
  type ProtoEnum,
  type ProtoField as Field,
  type ProtoMessage as Message,
} from './proto-image.ts';

type Comments = ReadonlyMap<string, string>;

const OURS = 'arduino_trader.';

const INTRODUCTION = `
Each message and enum of the protos, package by package: names of fields as JSON has them, their numbers, types and comments.
[operations.md](operations.md) says which operation takes what, [grpc.md](grpc.md) how to make a client. 64-bit numbers are text in
JSON, bytes are Base64, a field that is absent has the default of its type.`;

export function messagesPage(imageJson: string): string {
  const files = protoFiles(imageJson);
  const comments = protoComments(imageJson);
  const packages = [...new Set(files.map((file) => file.package))]
    .filter((name) => name.startsWith(OURS))
    .toSorted();
  const sections = packages.flatMap((name) => {
    const here = files.filter((file) => file.package === name);
    return [
      `## ${name}`,
      ...here.flatMap(({ messageType }) =>
        messageType.flatMap((one) => messageSection(name, one, comments)),
      ),
      ...here.flatMap(({ enumType }) =>
        enumType.flatMap((one) => enumSection(name, one, comments)),
      ),
    ];
  });
  return [generatedFrom('the protos'), '# Messages', INTRODUCTION, ...sections].join('\n\n');
}

function messageSection(room: string, one: Message, comments: Comments): string[] {
  const whole = `${room}.${one.name}`;
  const rows = one.field.map((single) => [
    `\`${single.jsonName}\``,
    String(single.number),
    typeText(single, one),
    comments.get(`${whole}.${single.jsonName}`) ?? '',
  ]);
  const fields = rows.length === 0 ? 'It has no fields.' : table(HEAD, rows);
  return [`### ${one.name}`, ...said(comments, whole), fields];
}

function enumSection(
  room: string,
  { name, value: values }: ProtoEnum,
  comments: Comments,
): string[] {
  const whole = `${room}.${name}`;
  const rows = values.map((one) => [
    `\`${one.name}\``,
    String(one.number),
    comments.get(`${whole}.${one.name}`) ?? '',
  ]);
  return [`### ${name}`, ...said(comments, whole), table(['value', 'number', 'meaning'], rows)];
}

const HEAD = ['field', 'number', 'type', 'meaning'];

function said(comments: Comments, name: string): string[] {
  const text = comments.get(name);
  return text === undefined ? [] : [text];
}

function typeText(single: Field, { nestedType }: Message): string {
  const entry = nestedType.find(({ name }) => single.typeName?.endsWith(`.${name}`));
  const [key, held] = entry?.field ?? [];
  if (key && held) return `map of ${plainType(key)} to ${plainType(held)}`;
  return single.label === 'LABEL_REPEATED' ? `repeated ${plainType(single)}` : plainType(single);
}

/** A message of ours is a link within the page. */
function plainType({ type, typeName }: Field): string {
  if (typeName === undefined) return type.replace('TYPE_', '').toLowerCase();
  const name = typeName.split('.').at(-1) ?? '';
  return typeName.startsWith(`.${OURS}`) ? `[${name}](#${name.toLowerCase()})` : name;
}
