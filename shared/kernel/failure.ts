/**
 * All failures, as one class and one table. HTTP answers, gRPC statuses, the connector's
 * retry-or-dead-letter and the status page all read the table below; it alone defines what a
 * failure means. A domain "no" that the contract can express (`found = false`) is an answer, not a
 * failure.
 */

export interface FailureRule {
  readonly http: number;
  /** Number of the gRPC status. */
  readonly grpc: number;
  /** May the very same input be sent again? `later` means with back-off. */
  readonly retry: 'never' | 'later' | 'same-key';
  readonly actor: 'caller' | 'operator' | 'developer' | 'nobody';
  readonly means: string;
}

export const failureTable = {
  INVALID_REQUEST: {
    http: 400,
    grpc: 3,
    retry: 'never',
    actor: 'caller',
    means: 'the input cannot mean anything',
  },
  UNAUTHENTICATED: {
    http: 401,
    grpc: 16,
    retry: 'never',
    actor: 'caller',
    means: 'no valid token came with the call',
  },
  NOT_ALLOWED: {
    http: 403,
    grpc: 7,
    retry: 'never',
    actor: 'caller',
    means: 'the token does not cover this operation',
  },
  NOT_FOUND: {
    http: 404,
    grpc: 5,
    retry: 'never',
    actor: 'caller',
    means: 'the named thing does not exist',
  },
  CONFLICT: {
    http: 409,
    grpc: 10,
    retry: 'later',
    actor: 'caller',
    means:
      'another call was faster or is still at work; nothing was changed, the same call may be sent again at once',
  },
  KEY_REUSED: {
    http: 409,
    grpc: 6,
    retry: 'never',
    actor: 'caller',
    means: 'the idempotency key was used with another request; a new request needs a new key',
  },
  ALREADY_EXISTS: {
    http: 409,
    grpc: 6,
    retry: 'never',
    actor: 'caller',
    means: 'something of this name exists; nothing was changed',
  },
  TOO_LARGE: {
    http: 413,
    grpc: 8,
    retry: 'never',
    actor: 'caller',
    means: 'the request is larger than this operation takes',
  },
  REFUSED: {
    http: 422,
    grpc: 9,
    retry: 'never',
    actor: 'caller',
    means: 'a rule says no; facts.rule names it',
  },
  TOO_BUSY: {
    http: 429,
    grpc: 8,
    retry: 'later',
    actor: 'caller',
    means: 'a limit was met; facts.retryAfterMs says when to come back',
  },
  CANCELLED: {
    http: 499,
    grpc: 1,
    retry: 'never',
    actor: 'nobody',
    means: 'the caller left',
  },
  BUG: {
    http: 500,
    grpc: 13,
    retry: 'never',
    actor: 'developer',
    means: 'an invariant fell',
  },
  DATA_CORRUPT: {
    http: 500,
    grpc: 15,
    retry: 'never',
    actor: 'operator',
    means: 'what we stored does not parse',
  },
  UPSTREAM_BROKEN: {
    http: 502,
    grpc: 13,
    retry: 'never',
    actor: 'operator',
    means: 'the broker or the price source answered nonsense',
  },
  UNAVAILABLE: {
    http: 503,
    grpc: 14,
    retry: 'later',
    actor: 'operator',
    means: 'Redis, the broker, the prices or another function did not answer',
  },
  DEADLINE: {
    http: 504,
    grpc: 4,
    retry: 'later',
    actor: 'caller',
    means: 'deadline exceeded; nothing was changed',
  },
  OUTCOME_UNKNOWN: {
    http: 504,
    grpc: 4,
    retry: 'same-key',
    actor: 'caller',
    means:
      'the call had begun to change something when it failed, and whether it took effect is not known; ' +
      'repeat it only with facts.idempotencyKey, or ask as facts.ask says',
  },
} as const satisfies Record<string, FailureRule>;

export type FailureCode = keyof typeof failureTable;
export type Facts = Readonly<Record<string, unknown>>;

/** A field of a request that is wrong, by its JSON path (`trades[0].isin`), and why. */
export interface FieldViolation {
  readonly field: string;
  readonly message: string;
}

export class Failure extends Error {
  readonly code: FailureCode;
  readonly facts: Facts;

  /** @param detail a sentence for a person; it reaches the caller, so it holds no secret */
  constructor(code: FailureCode, detail: string, facts: Facts = {}, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = 'Failure';
    this.code = code;
    this.facts = facts;
  }

  get rule(): FailureRule {
    return failureTable[this.code];
  }

  /** The body of an HTTP answer, and of a dead letter. */
  toJSON(): FailureBody {
    return { code: this.code, message: this.message, ...this.facts };
  }

  /**
   * Converts anything thrown to a failure. An unforeseen error is a BUG, and its text is not sent
   * to callers.
   */
  static from(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    if (thrown instanceof Error && (thrown.name === 'AbortError' || thrown.name === 'TimeoutError'))
      return new Failure('DEADLINE', 'The time limit of this call was exceeded.', {}, thrown);
    return new Failure('BUG', 'Something went wrong inside; the log has the details.', {}, thrown);
  }

  /**
   * The failure that another function answered with. An answer given by the platform instead has
   * the fact `sent`: `no` where the function was certainly not called, else `unknown`.
   */
  static fromBody(body: unknown, status: number): Failure {
    const { code, message, ...facts } = (body ?? {}) as Partial<FailureBody>;
    if (typeof code === 'string' && code in failureTable && typeof message === 'string')
      return new Failure(code, message, facts);
    if (status === 404)
      return new Failure('UNAVAILABLE', 'The gateway did not find the function.', { sent: 'no' });
    const fallback = codeOfPlatform[status] ?? 'UNAVAILABLE';
    const sent = status in codeOfPlatform && status !== 504 ? 'no' : 'unknown';
    return new Failure(fallback, `A function answered ${status} without saying why.`, { sent });
  }
}

/**
 * Meaning of a platform's statuses without a body; any other means that something did not answer. So does 404:
 * OpenFaaS' gateway answers it for every function while its provider is away, and while one is replaced.
 */
const codeOfPlatform: Readonly<Partial<Record<number, FailureCode>>> = {
  401: 'UNAUTHENTICATED',
  403: 'NOT_ALLOWED',
  413: 'TOO_LARGE',
  429: 'TOO_BUSY',
  504: 'DEADLINE',
};

export interface FailureBody {
  readonly code: FailureCode;
  readonly message: string;
  readonly [fact: string]: unknown;
}

export function invalidRequest(...violations: FieldViolation[]): Failure {
  const text = violations.map((v) => `${v.field}: ${v.message}`).join('; ');
  return new Failure('INVALID_REQUEST', text, { field: violations[0]?.field, violations });
}

/** Every INVALID_REQUEST names its fields, whoever threw it: one that does not say which is of the body as a whole. */
export function withViolations(failure: Failure): Failure {
  const { code, message, facts, cause } = failure;
  if (code !== 'INVALID_REQUEST' || Array.isArray(facts['violations'])) return failure;
  const field = typeof facts['field'] === 'string' ? facts['field'] : 'body';
  return new Failure(code, message, { ...facts, field, violations: [{ field, message }] }, cause);
}

export function notFound(kind: string, id: string): Failure {
  return new Failure('NOT_FOUND', `There is no ${kind} ${id}.`, { kind, id });
}

export function alreadyExists(kind: string, id: string): Failure {
  return new Failure('ALREADY_EXISTS', `${kind} ${id} already exists`, { kind, id });
}

/** @param rule a kebab-case name that callers may match on */
export function refused(rule: string, detail: string, facts: Facts = {}): Failure {
  return new Failure('REFUSED', detail, { rule, ...facts });
}

/** A concurrent call was faster; the same call may be retried. */
export function conflict(detail: string, facts: Facts = {}): Failure {
  return new Failure('CONFLICT', detail, facts);
}

/** The same idempotency key, or an id derived from it, with another request. */
export function keyReused(detail: string, facts: Facts = {}): Failure {
  return new Failure('KEY_REUSED', detail, facts);
}

export function unavailable(what: string, cause?: unknown): Failure {
  return new Failure('UNAVAILABLE', `${what} did not answer.`, { what }, cause);
}

export function dataCorrupt(what: string, detail: string): Failure {
  return new Failure('DATA_CORRUPT', `${what} does not parse: ${detail}`, { what });
}
