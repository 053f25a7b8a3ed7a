/**
 * What a row of a contract says. The proto owns names, fields and streaming; the row adds only what
 * a proto cannot say. A missing row, a wrong streaming flag, a request schema that lacks a field or
 * a handler bound to another operation's request does not compile.
 */
import type { z } from 'zod';
import type { FailureCode } from '#shared/kernel/failure.ts';
import { functionName, handlerFolder, topicName, type ServiceName } from './names.ts';

/** What a call changes. `writes` and `trades` demand a token and take an idempotency key. */
export type Effect = 'reads' | 'writes' | 'trades';

/** What must answer before the operation can do its work. */
/** `state`: what Redis holds is the state that was last worked on (docs/decisions/014-epoch-of-the-state.md). */
export type Need = 'redis' | 'state' | 'prices' | 'broker';

/** Long work goes through a queue: it survives a crash, and the caller follows its progress. */
export interface QueuePolicy {
  /** Jobs of this operation that run side by side. */
  readonly concurrency: number;
  /** Runs in all, for failures that the failure table lets retry. */
  readonly attempts: number;
  /** First pause between runs; doubles each time. */
  readonly backoffMs: number;
  /** Which calls join a job that is still running: those with an equal request, or all. */
  readonly joins: 'equal-request' | 'any-request';
  /** Whether the caller waits for the outcome, or is answered as soon as the job is stored. */
  readonly caller: 'follows' | 'leaves';
}

export interface Row<Request extends z.ZodType, Streams extends boolean> {
  /** One sentence for the operations page. */
  readonly summary: string;
  /** A getter in the rows, so that the schema is made when it is used. */
  readonly request: Request;
  readonly streams: Streams;
  readonly effect: Effect;
  readonly timeoutMs: number;
  readonly needs: readonly Need[];
  /** `heavy` marks a CPU-bound operation; the embedded host runs it on a worker thread. */
  readonly weight: 'light' | 'heavy';
  /** Heavy operations that it will call, by name: the embedded host makes a thread ready for them meanwhile. */
  readonly leadsTo?: readonly string[];
  readonly queue: QueuePolicy | null;
  /**
   * `request`: the request carries a credential of its own, which the handler checks. Called over HTTP
   * the operation then needs no token.
   */
  readonly credential?: 'request';
  /** Codes of failures beside those that all operations of its kind have (operation-failures.ts). */
  readonly fails?: readonly FailureCode[];
  /**
   * The normal form of a request, where two requests that parse differently mean the same (a
   * default that depends on another field). Requests of equal meaning share an idempotency key.
   */
  readonly meaning?: (request: never) => unknown;
}

/** A row with the names derived for it. `Response` is the wire message it answers or streams. */
export interface Operation<
  Request extends z.ZodType = z.ZodType,
  Response = unknown,
  Streams extends boolean = boolean,
> extends Row<Request, Streams> {
  readonly service: ServiceName;
  /** `createPlan` */
  readonly rpc: string;
  /** `planning-create-plan` */
  readonly name: string;
  /** `planning.create-plan` */
  readonly topic: string;
  /** `functions/planning/create-plan` */
  readonly folder: string;
  /** Never set; carries the response's type. */
  readonly response?: Response;
}

/** The parsed request, in domain values. */
export type RequestOf<O extends Operation> = z.output<O['request']>;
/** The request as it travels, in proto3 JSON. */
export type WireRequestOf<O extends Operation> = z.input<O['request']>;
export type ResponseOf<O extends Operation> = NonNullable<O['response']>;

/** The part of a ts-proto grpc-js service definition that the types below read. */
interface MethodDefinition {
  readonly responseStream: boolean;
  readonly requestDeserialize: (bytes: Buffer) => object;
  readonly responseDeserialize: (bytes: Buffer) => object;
}
type ServiceDefinition = Readonly<Record<string, MethodDefinition>>;

type SchemaOf<Message> = z.ZodObject<{ readonly [Field in keyof Message]-?: z.ZodType }>;

/** One row for each rpc but HealthCheck, which is answered from readiness. */
type RowsOf<S> = {
  readonly [M in keyof S as M extends 'healthCheck' ? never : M]: S[M] extends MethodDefinition
    ? Row<SchemaOf<ReturnType<S[M]['requestDeserialize']>>, S[M]['responseStream']>
    : never;
};

type ContractOf<S, R> = {
  readonly [M in keyof R]: M extends keyof S
    ? S[M] extends MethodDefinition
      ? R[M] extends Row<infer Request, infer Streams>
        ? Operation<Request, ReturnType<S[M]['responseDeserialize']>, Streams>
        : never
      : never
    : never;
};

type ExactRows<S, R> = R & { readonly [M in Exclude<keyof R, keyof RowsOf<S>>]: never };

/** `contract<typeof PlanningServiceService>()('planning', { createPlan: { … }, … })` */
export function contract<S extends ServiceDefinition>() {
  return <const R extends RowsOf<S>>(
    service: ServiceName,
    rows: ExactRows<S, R>,
  ): ContractOf<S, R> => {
    const operations = Object.entries(rows as Record<string, Row<z.ZodType, boolean>>).map(
      ([rpc, row]): [string, Operation] => [rpc, operationOf(service, rpc, row)],
    );
    return Object.fromEntries(operations) as ContractOf<S, R>;
  };
}

/** The schema of its request is made at the first use: a process uses few of the operations that it knows. */
function operationOf(service: ServiceName, rpc: string, row: Row<z.ZodType, boolean>): Operation {
  const { request: _, ...others } = Object.getOwnPropertyDescriptors(row);
  const names = {
    service,
    rpc,
    name: functionName(service, rpc),
    topic: topicName(service, rpc),
    folder: handlerFolder(service, rpc),
  };
  let request: z.ZodType | undefined;
  const schema = { enumerable: true, get: () => (request ??= row.request) };
  const operation = Object.defineProperties({}, { ...others, request: schema }) as Operation;
  return Object.assign(operation, names);
}

const lightRead = {
  streams: false,
  effect: 'reads',
  timeoutMs: 10_000,
  needs: ['redis'],
  weight: 'light',
  queue: null,
} as const;

/** What most rows have in common; a row states only how it differs. */
export const usual = {
  read: lightRead,
  write: { ...lightRead, effect: 'writes', timeoutMs: 30_000 },
  trade: {
    ...lightRead,
    effect: 'trades',
    timeoutMs: 60_000,
    needs: ['redis', 'state', 'broker', 'prices'],
  },
} as const;
