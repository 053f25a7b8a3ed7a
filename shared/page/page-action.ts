/** What an action of the page is. */
import type { Operation, WireRequestOf } from '#shared/contract/row.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { Context, Dependencies } from '#shared/runtime/context.ts';
import type { Role } from './model/session.ts';
import type { Format } from './view/format.ts';
import type { Confirmation } from './view/forms/confirmation.ts';

export interface Action {
  readonly role: Role;
  /** Whether the password must have been given within ten minutes. */
  readonly needsProof?: boolean;
  /** What it would do with these fields; changes nothing. */
  preview?(form: URLSearchParams, call: ActionCall): Promise<Confirmation>;
  /** Calls the operation. @returns what happened, in a sentence */
  run(form: URLSearchParams, call: ActionCall): Promise<string>;
}

export interface ActionCall {
  readonly functions: Dependencies['functions'];
  readonly options: ReturnType<Context['callOptions']>;
  readonly currency: string;
  /** In the reader's locale, for what is shown before a change is made. */
  readonly format: Format;
  /** Who asks, for what is stored with the change. */
  readonly who: string;
  readonly passkeys: {
    /** The one in the form, for the session. */
    add(): Promise<void>;
    remove(id: string): Promise<void>;
  };
}

export function ask<O extends Operation>(
  call: ActionCall,
  operation: O,
  request: WireRequestOf<O>,
) {
  return call.functions.call(operation, request, call.options);
}

/** @throws Failure INVALID_REQUEST naming the field */
export function required(form: URLSearchParams, field: string): string {
  const value = form.get(field)?.trim() ?? '';
  if (value === '') throw invalidRequest({ field, message: 'is needed' });
  return value;
}
