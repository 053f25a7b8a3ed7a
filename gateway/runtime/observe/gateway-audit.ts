/**
 * What the audit gets of the gateway itself (docs/operate/audit.md): calls of `/system` that change something, and calls that the
 * gateway does not let in. Never a body, a value of a secret or a password.
 */
import type { Request, RequestHandler } from 'express';
import { headerText } from '#shared/clients/header-text.ts';
import { callerNamed } from '#shared/contract/declared-calls.ts';
import { Failure, type FailureCode } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import type { Log } from '#shared/process/log.ts';
import { redisFailure } from '#shared/redis/client.ts';
import type { AuditLine } from '#shared/runtime/audit/audit-line.ts';
import type { AuditTrail } from '#shared/runtime/audit/audit-trail.ts';
import { systemCallOf } from './system-changes.ts';

/** Statuses of calls that were not let in: nothing had begun. */
const refusals: Readonly<Partial<Record<number, FailureCode>>> = {
  400: 'INVALID_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'NOT_ALLOWED',
  413: 'TOO_LARGE',
  501: 'REFUSED',
};

const AGENT_CHARACTERS_MAX = 60;
/** Password of the operator; functions have tokens. */
const OPERATOR = 'operator';

type Parts = Pick<AuditLine, 'event' | 'operation' | 'failureCode' | 'token'> & {
  readonly subject: string;
};

export class GatewayAudit {
  private readonly trail: AuditTrail | undefined;
  private readonly log: Log;
  /** Requests of which something was begun. */
  private readonly begun = new WeakSet<Request>();

  /** @param trail absent: nobody keeps an audit here */
  constructor(trail: AuditTrail | undefined, log: Log) {
    this.trail = trail;
    this.log = log;
  }

  /** Before the guard: has those that it, or what comes after it, does not let in. */
  readonly watch: RequestHandler = (request, response, next) => {
    const { isChange, ...call } = systemCallOf(request.method, pathOf(request));
    const isTried = request.headers.authorization !== undefined;
    response.once('finish', () => {
      const failureCode = refusals[response.statusCode];
      if (failureCode === undefined || this.begun.has(request)) return;
      const isGuess = response.statusCode === 401 && isTried;
      if (!isChange && !isGuess) return;
      const token = response.statusCode === 401 ? 'none' : OPERATOR;
      this.refused(request, { ...call, failureCode, token });
    });
    next();
  };

  /**
   * A change, with a line before it begins and one when it has ended.
   * @param subject the function, secret or queued call @returns what the work answers
   * @throws Failure UNAVAILABLE where the first line cannot be stored: nothing is done unseen
   */
  async change<T>(request: Request, subject: string, work: () => Promise<T> | T): Promise<T> {
    const { operation } = systemCallOf(request.method, pathOf(request));
    const parts = { operation, subject, token: OPERATOR };
    await this.store(lineOf(request, { ...parts, event: 'called', failureCode: '' }));
    this.begun.add(request);
    try {
      const done = await work();
      this.ended(request, { ...parts, failureCode: '' });
      return done;
    } catch (thrown) {
      this.ended(request, { ...parts, failureCode: Failure.from(thrown).code });
      throw thrown;
    }
  }

  /** A call that was not let in; those of an address up to a limit (refusal-limit.ts). */
  refused(request: Request, parts: Omit<Parts, 'event'>): void {
    const line = lineOf(request, { ...parts, event: 'refused' });
    const peer = request.socket.remoteAddress ?? '';
    this.trail?.addRefusal(peer, line, (cause) => this.missed(line, cause));
  }

  private ended(request: Request, parts: Omit<Parts, 'event'>): void {
    const line = lineOf(request, { ...parts, event: 'ended' });
    this.trail?.add(line).catch((cause: unknown) => this.missed(line, cause));
  }

  private async store(line: AuditLine): Promise<void> {
    await this.trail?.add(line).catch((thrown: unknown) => {
      throw redisFailure(thrown) ?? thrown;
    });
  }

  private missed({ requestId: callId }: AuditLine, cause: unknown): void {
    this.log.error('audit-failed', { callId, cause });
  }
}

function lineOf(request: Request, { subject, ...parts }: Parts): AuditLine {
  const { headers, socket, res } = request;
  const before = headers['x-forwarded-for'];
  const address = [before, socket.remoteAddress].filter((one) => one !== undefined).join(', ');
  return {
    ...{ at: instantOf(Date.now()), account: '', run: '', ...parts },
    caller: callerNamed(textOf(headers['x-caller'])),
    who: headerText(textOf(headers['x-actor']) ?? agentOf(request)),
    address: headerText(address),
    requestId: String(res?.getHeader('x-request-id') ?? ''),
    ...(subject !== '' && { subject }),
  };
}

/** As it was asked for: routers cut off what they are mounted at. */
function pathOf({ originalUrl }: Request): string {
  return originalUrl.split('?')[0] ?? '';
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return [header].flat()[0];
}

/** Programs such as faas-cli name themselves. */
function agentOf({ headers }: Request): string {
  return (headers['user-agent'] ?? '').slice(0, AGENT_CHARACTERS_MAX);
}
