/** The request fields of each rpc, read from buf's image. */
import {
  protoFiles,
  type ProtoField as Field,
  type ProtoMessage as Message,
} from './proto-image.ts';

export interface FieldText {
  readonly name: string;
  /** `string`, `Money`, `repeated Position`, `map<string, string>`. */
  readonly type: string;
}

export interface Descriptors {
  /** @param rpc `PlanningService/CreatePlan` */
  requestFields(rpc: string): readonly FieldText[];
}

export function readDescriptors(imageJson: string): Descriptors {
  const files = protoFiles(imageJson);
  const messages = new Map<string, Message>();
  const inputs = new Map<string, string>();
  for (const file of files) {
    for (const message of file.messageType)
      messages.set(`.${file.package}.${message.name}`, message);
    for (const service of file.service)
      for (const method of service.method)
        inputs.set(`${service.name}/${method.name}`, method.inputType);
  }
  return {
    requestFields: (rpc) => {
      const message = messages.get(inputs.get(rpc) ?? '');
      return (message?.field ?? []).map((field) => ({
        name: field.jsonName,
        type: typeText(field, message),
      }));
    },
  };
}

function typeText(field: Field, within: Message | undefined): string {
  if (field.label !== 'LABEL_REPEATED') return plainType(field);
  const entry = within?.nestedType.find(
    (nested) => nested.options?.mapEntry === true && field.typeName?.endsWith(`.${nested.name}`),
  );
  const [key, value] = entry?.field ?? [];
  if (key && value) return `map<${plainType(key)}, ${plainType(value)}>`;
  return `repeated ${plainType(field)}`;
}

function plainType({ type, typeName }: Field): string {
  return typeName?.split('.').at(-1) ?? type.replace('TYPE_', '').toLowerCase();
}
