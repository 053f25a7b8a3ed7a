/**
 * Bytes to a request. grpc-js would end a call whose bytes do not decode as INTERNAL, without a
 * reason; so decoding never throws here; the error is reported later, by field.
 */
import {
  createFileRegistry,
  fromBinary,
  type DescEnum,
  type DescMessage,
  type FileRegistry,
} from '@bufbuild/protobuf';
import {
  reflect,
  type ReflectList,
  type ReflectMap,
  type ReflectMessage,
} from '@bufbuild/protobuf/reflect';
import { decodeStrictly } from '#shared/contract/strict-decode.ts';
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import type { Descriptors } from './descriptors.ts';

export class Unreadable {
  readonly failure: Failure;

  constructor(failure: Failure) {
    this.failure = failure;
  }
}

/** A request as it came, and what it says. */
export interface FacadeRequest {
  readonly bytes: Buffer;
  readonly message: object;
}

/** @throws Failure INVALID_REQUEST */
export function requireReadable(request: unknown): FacadeRequest {
  if (request instanceof Unreadable) throw request.failure;
  return request as FacadeRequest;
}

export class RequestReader {
  private readonly descriptors: Descriptors;
  private registry: FileRegistry | undefined;

  constructor(descriptors: Descriptors) {
    this.descriptors = descriptors;
  }

  /** @param path of the rpc, `/arduino_trader.planning.PlanningService/CreatePlan` */
  of(
    path: string,
    decode: (bytes: Buffer) => object,
  ): (bytes: Buffer) => FacadeRequest | Unreadable {
    return (bytes) => {
      try {
        return { bytes, message: decodeStrictly(decode, bytes) };
      } catch (thrown) {
        return new Unreadable(thrown instanceof Failure ? thrown : this.explain(path, bytes));
      }
    };
  }

  /** The generated code fails at an unknown enum number; descriptors locate the field. */
  private explain(path: string, bytes: Buffer): Failure {
    const garbled = invalidRequest({ field: 'body', message: 'is not the message of this rpc' });
    try {
      const type = this.inputOf(path);
      if (!type) return garbled;
      const found = [...unknownEnums(reflect(type, fromBinary(type, bytes)), '')];
      return found.length > 0 ? invalidRequest(...found) : garbled;
    } catch {
      return garbled;
    }
  }

  private inputOf(path: string): DescMessage | undefined {
    this.registry ??= createFileRegistry(this.descriptors.set);
    const [, service = '', rpc = ''] = path.split('/');
    return this.registry.getService(service)?.methods.find(({ name }) => name === rpc)?.input;
  }
}

function* unknownEnums(message: ReflectMessage, within: string): Generator<FieldViolation> {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const path = `${within}${field.jsonName}`;
    if (field.fieldKind === 'enum') yield* check(field.enum, message.get(field), path);
    else if (field.fieldKind === 'message') yield* unknownEnums(message.get(field), `${path}.`);
    else if (field.fieldKind === 'list' || field.fieldKind === 'map')
      for (const [key, item] of entriesOf(message.get(field))) {
        if (field.enum) yield* check(field.enum, item, `${path}[${String(key)}]`);
        else if (field.message)
          yield* unknownEnums(item as ReflectMessage, `${path}[${String(key)}].`);
      }
  }
}

/** Lists and maps alike: place or key, and what is there. */
function entriesOf(items: ReflectList | ReflectMap): Iterable<[unknown, unknown]> {
  return items.entries() as Iterable<[unknown, unknown]>;
}

function* check(type: DescEnum, number: unknown, field: string): Generator<FieldViolation> {
  if (type.value[number as number] !== undefined) return;
  const names = type.values.map(({ name }) => name).join(', ');
  yield { field, message: `${String(number)} is none of ${names}` };
}
