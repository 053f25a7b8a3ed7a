/** What the audit gets of a call that changes something: a line when it is let in or refused, one when it ended. */
import type { Operation } from '#shared/contract/row.ts';
import type { Failure } from '#shared/kernel/failure.ts';
import { headerText } from '#shared/clients/header-text.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { FunctionEvent } from '#template/function.ts';
import { tokenNameOf } from '../access.ts';
import { traceFacts } from '../traceparent.ts';
import type { AuditEvent, AuditLine } from './audit-line.ts';
import { subjectOf } from './audit-subject.ts';
import { refusalCodes } from './refusal-limit.ts';

export interface AuditedCallParts {
  readonly operation: Operation;
  readonly event: FunctionEvent;
  readonly dependencies: Dependencies;
  readonly requestId: string;
  readonly run: string | undefined;
  readonly caller: string;
}

/** @returns undefined for a call that only reads, and where nobody keeps the audit */
export function auditOf(parts: AuditedCallParts): AuditedCall | undefined {
  const { operation, dependencies } = parts;
  return operation.effect === 'reads' || !dependencies.audit ? undefined : new AuditedCall(parts);
}

export class AuditedCall {
  private readonly parts: AuditedCallParts;
  private account = '';
  private subject = '';
  private hasBegun = false;

  constructor(parts: AuditedCallParts) {
    this.parts = parts;
  }

  /** Before anything happens. @throws Failure where the line cannot be stored: nothing is done unseen */
  async begun(request: unknown): Promise<void> {
    const { accountId } = request as { accountId?: unknown };
    this.account = typeof accountId === 'string' ? accountId : '';
    this.subject = subjectOf(request);
    await this.add('called', '');
    this.hasBegun = true;
  }

  /** A call that was not let in, for its token or its request, is written down, those of a caller up to a limit. */
  refused({ code }: Failure): void {
    if (this.hasBegun || !refusalCodes.includes(code)) return;
    const line = this.line('refused', code);
    const caller = line.address.split(',').at(-1)?.trim() || line.caller;
    this.parts.dependencies.audit?.addRefusal(caller, line, (cause) => this.missed(cause));
  }

  /** Before a run is taken back. @param run empty where the caller waits for none any more */
  async cancelled(run: string): Promise<void> {
    const { dependencies } = this.parts;
    await dependencies.audit?.add({ ...this.line('cancelled', ''), run });
  }

  ended(failureCode: string): void {
    if (this.hasBegun) this.addLater('ended', failureCode);
  }

  /** The call itself does not wait, and has happened: what cannot be stored is said in the log. */
  private addLater(event: AuditEvent, failureCode: string): void {
    this.add(event, failureCode).catch((cause: unknown) => this.missed(cause));
  }

  private missed(cause: unknown): void {
    const { dependencies, requestId: callId, event } = this.parts;
    dependencies.log.error('audit-failed', { callId, ...traceFacts(event.headers), cause });
  }

  private async add(event: AuditEvent, failureCode: string): Promise<void> {
    const { dependencies } = this.parts;
    await dependencies.audit?.add(this.line(event, failureCode));
  }

  private line(event: AuditEvent, failureCode: string): AuditLine {
    const { operation, event: call, dependencies, requestId, run = '', caller } = this.parts;
    const { headers } = call;
    const { credential, name } = operation;
    const token = tokenNameOf(headers['authorization'], dependencies.tokens);
    return {
      at: dependencies.now(),
      ...{ event, operation: name, account: this.account, caller, requestId, run, failureCode },
      who: headerText(headers['x-actor'] ?? ''),
      address: headerText(headers['x-forwarded-for'] ?? ''),
      ...(this.subject !== '' && { subject: this.subject }),
      token: credential === 'request' && token === 'none' ? 'request' : token,
    };
  }
}
