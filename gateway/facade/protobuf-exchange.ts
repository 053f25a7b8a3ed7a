/**
 * A gRPC call as a call of a function in protobuf: its bytes go on as they came, and so do those of the answer. A function
 * that takes only JSON is called with JSON; which do is learned from their answers.
 */
import { bytesOf, textOf } from '#shared/clients/answer-body.ts';
import {
  LINES_TYPE,
  requestText,
  type DirectExchange,
  type Exchange,
  type FunctionAnswer,
  type Sent,
} from '#shared/clients/functions-client.ts';
import { cutOff, messagesIn, parseJson } from '#shared/clients/json-messages.ts';
import { Answered } from '#shared/clients/resumed-stream.ts';
import { framesIn, PROTOBUF_TYPE, STREAM_TYPE } from '#shared/contract/message-frames.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { FacadeRequest } from './read-request.ts';

const ACCEPT = `${PROTOBUF_TYPE}, application/json`;
const ACCEPT_EACH = `${STREAM_TYPE}, ${LINES_TYPE}`;

export type Encode = (message: object) => Buffer;

/** One rpc of the facade. */
export interface ProtobufMethod {
  /** Name of its operation. */
  readonly name: string;
  readonly encode: Encode;
  /** Whether its function has answered in protobuf last. */
  takesProtobuf: boolean;
}

export class InProtobuf implements Exchange<Buffer>, DirectExchange<Buffer> {
  private readonly method: ProtobufMethod;
  private readonly request: FacadeRequest;

  constructor(method: ProtobufMethod, request: FacadeRequest) {
    this.method = method;
    this.request = request;
  }

  get nothing(): Buffer {
    return NOTHING;
  }

  get direct(): this {
    return this;
  }

  get message(): object {
    return this.request.message;
  }

  inBytes(): Sent {
    return { body: this.request.bytes, contentType: PROTOBUF_TYPE, accept: ACCEPT };
  }

  encoded(answer: object): Buffer {
    return this.method.encode(answer);
  }

  sent(streams: boolean): Sent {
    const accept = streams ? ACCEPT_EACH : ACCEPT;
    const inJson = (): string => requestText(this.request.message);
    return this.method.takesProtobuf
      ? { ...this.inBytes(), accept, inJson }
      : { body: inJson(), accept };
  }

  async whole(answer: FunctionAnswer): Promise<Buffer> {
    if (this.learn(answer)) return bytesOf(answer.body);
    const message = parseJson(await textOf(answer.body), this.method.name);
    return this.method.encode(message as object);
  }

  each(answer: FunctionAnswer): AsyncGenerator<Buffer, void> {
    return this.learn(answer) ? this.frames(answer.body) : this.reencoded(answer.body);
  }

  /** @returns whether the answer is in protobuf */
  private learn({ contentType = '' }: FunctionAnswer): boolean {
    return (this.method.takesProtobuf = contentType.startsWith(PROTOBUF_TYPE));
  }

  private async *frames(body: FunctionAnswer['body']): AsyncGenerator<Buffer, void> {
    for await (const { isEnd, bytes } of framesIn(body)) {
      if (!isEnd) yield bytes;
      else if (bytes.length === 0) return;
      else throw new Answered(Failure.fromBody(parseJson(bytes.toString(), this.method.name), 500));
    }
    throw cutOff(this.method.name);
  }

  private async *reencoded(body: FunctionAnswer['body']): AsyncGenerator<Buffer, void> {
    for await (const message of messagesIn<object>(body, this.method.name))
      yield this.method.encode(message);
  }
}

const NOTHING = Buffer.alloc(0);
