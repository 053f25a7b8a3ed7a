/**
 * A receiver of OTLP traces over HTTP (protobuf and JSON) and gRPC, written against the published protocol
 * alone: it shares no code with the exporters. https://opentelemetry.io/docs/specs/otlp/
 */
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parse } from 'protobufjs';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
  readonly resource: Readonly<Record<string, string | number | boolean>>;
}

export interface OtlpReceiver {
  readonly httpUrl: string;
  readonly grpcUrl: string;
  readonly spans: ReceivedSpan[];
  /** Content types of the requests that came over HTTP, and `grpc`. */
  readonly protocols: Set<string>;
  close(): Promise<void>;
}

const { root } = parse(`
  syntax = "proto3";
  message Any { oneof v { string stringValue = 1; bool boolValue = 2; int64 intValue = 3; double doubleValue = 4; } }
  message Pair { string key = 1; Any value = 2; }
  message Link { bytes traceId = 1; bytes spanId = 2; }
  message Status { string message = 2; int32 code = 3; }
  message Span { bytes traceId = 1; bytes spanId = 2; bytes parentSpanId = 4; string name = 5; int32 kind = 6;
    repeated Pair attributes = 9; repeated Link links = 13; Status status = 15; }
  message ScopeSpans { repeated Span spans = 2; }
  message Resource { repeated Pair attributes = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopeSpans = 2; }
  message Request { repeated ResourceSpans resourceSpans = 1; }
`);
const Request = root.lookupType('Request');

type Value = Readonly<Record<'stringValue' | 'boolValue' | 'intValue' | 'doubleValue', unknown>>;
interface Pair {
  readonly key: string;
  readonly value: Partial<Value>;
}
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: readonly Pair[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}
interface WireRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly Pair[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly WireSpan[] }[];
  }[];
}

export async function openOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const protocols = new Set<string>();
  const http = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const type = String(request.headers['content-type']);
      protocols.add(type);
      const isJson = type.startsWith('application/json');
      spans.push(...spansOf(isJson ? (JSON.parse(body.toString()) as WireRequest) : decoded(body)));
      response.writeHead(200, { 'content-type': type }).end(isJson ? '{}' : '');
    });
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const grpc = new Server();
  grpc.addService(TRACE_SERVICE, {
    export: (call: { request: Buffer }, answer: (error: null, reply: Buffer) => void) => {
      protocols.add('grpc');
      spans.push(...spansOf(decoded(call.request)));
      answer(null, Buffer.alloc(0));
    },
  });
  const grpcPort = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
  return {
    httpUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    grpcUrl: `http://127.0.0.1:${grpcPort}`,
    spans,
    protocols,
    close: async () => {
      grpc.forceShutdown();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

const bytes = (value: Buffer): Buffer => value;
const TRACE_SERVICE: ServiceDefinition = {
  export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
};

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function decoded(body: Buffer): WireRequest {
  return Request.toObject(Request.decode(body), { bytes: String, longs: Number }) as WireRequest;
}

function spansOf({ resourceSpans = [] }: WireRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const about = valuesOf(resource?.attributes);
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => received(span, about)));
  });
}

function received(span: WireSpan, resource: ReceivedSpan['resource']): ReceivedSpan {
  const { name, kind, attributes, links = [], status } = span;
  return {
    traceId: hexOf(span.traceId),
    spanId: hexOf(span.spanId),
    parentSpanId: hexOf(span.parentSpanId ?? ''),
    name,
    kind,
    attributes: valuesOf(attributes),
    links: links.map((one) => ({ traceId: hexOf(one.traceId), spanId: hexOf(one.spanId) })),
    isError: status?.code === 2,
    resource,
  };
}

/** In protobuf ids are bytes, read here as base64; in JSON they are hexadecimal. */
function hexOf(id: string): string {
  return /^(?:[0-9a-f]{16}|[0-9a-f]{32})?$/.test(id)
    ? id
    : Buffer.from(id, 'base64').toString('hex');
}

function valuesOf(pairs: readonly Pair[] = []): ReceivedSpan['attributes'] {
  return Object.fromEntries(
    pairs.map(({ key, value }) => {
      const [plain] = Object.values(value);
      const isNumber = 'intValue' in value || 'doubleValue' in value;
      return [key, isNumber ? Number(plain) : (plain as string | boolean)];
    }),
  );
}
