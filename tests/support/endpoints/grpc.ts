/** Calls over a real channel, as promises. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  credentials,
  Metadata,
  type CallOptions,
  type Client,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';

export const plain = credentials.createInsecure();

export function metadataOf(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

export interface Answered<Response> {
  readonly response: Response;
  /** What came before the answer. */
  readonly metadata: Metadata;
}

type Done<Response> = (error: ServiceError | null, response: Response) => void;
type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  done: Done<Response>,
) => ClientUnaryCall;

/** `unary(client, client.getPlan, { planId }, { 'x-request-id': 'a' })` */
export function unary<Request, Response>(
  client: Client,
  method: Unary<Request, Response>,
  request: Request,
  headers: Readonly<Record<string, string>> = {},
  options: Partial<CallOptions> = {},
): Promise<Answered<Response>> {
  return new Promise((resolve, reject) => {
    let metadata = new Metadata();
    const call = method.call(client, request, metadataOf(headers), options, (error, response) =>
      error ? reject(error) : resolve({ response, metadata }),
    );
    call.on('metadata', (received) => (metadata = received));
  });
}

/** Every message of a stream; rejects with its status. */
export async function all<Message>(stream: ClientReadableStream<Message>): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of stream) messages.push(message as Message);
  return messages;
}

const GRPCURL = join(homedir(), 'go/bin/grpcurl');
export const grpcurlPath = existsSync(GRPCURL) ? GRPCURL : undefined;

/** Runs grpcurl in plain text. @returns what it printed; rejects with what it complained of */
export function grpcurl(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(grpcurlPath ?? 'grpcurl', ['-plaintext', ...args], (error, stdout, stderr) =>
      error ? reject(new Error(stderr || error.message)) : resolve(stdout),
    );
  });
}
