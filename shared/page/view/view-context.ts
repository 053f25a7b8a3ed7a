/** What every view is made from. */
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import { covers, type Role, type Session } from '../model/session.ts';
import type { Format } from './format.ts';
import { html, type Html } from './html.ts';

export interface ViewInputs {
  readonly view: string;
  /** Absent on pages that show nothing of the account. */
  readonly overview: GetOverviewResponse | undefined;
  readonly session: Session | undefined;
  /** Whether the password or a passkey was given so lately that it is not asked for again. */
  readonly isProved: boolean;
  /** Of the state before it was read; empty on pages that show nothing of the account. */
  readonly stateId: string;
  /** Whether there is the report of a replay to lead to. */
  readonly hasReplay: boolean;
  /** Where the browser sees the page. */
  readonly site: URL | undefined;
  readonly format: Format;
  readonly assets: { readonly style: string; readonly script: string; readonly icon: string };
  readonly query: URLSearchParams;
  /** A fresh idempotency key for each form. */
  readonly newKey: () => string;
}

export class ViewContext implements ViewInputs {
  readonly view: string;
  readonly overview: GetOverviewResponse | undefined;
  readonly session: Session | undefined;
  readonly isProved: boolean;
  readonly stateId: string;
  readonly hasReplay: boolean;
  readonly site: URL | undefined;
  readonly format: Format;
  readonly assets: ViewInputs['assets'];
  readonly query: URLSearchParams;
  readonly newKey: () => string;

  constructor(inputs: ViewInputs) {
    this.view = inputs.view;
    this.overview = inputs.overview;
    this.session = inputs.session;
    this.isProved = inputs.isProved;
    this.stateId = inputs.stateId;
    this.hasReplay = inputs.hasReplay;
    this.site = inputs.site;
    this.format = inputs.format;
    this.assets = inputs.assets;
    this.query = inputs.query;
    this.newKey = inputs.newKey;
  }

  may(role: Role): boolean {
    return covers(this.session?.role, role);
  }

  /** What each form carries: the session's token, and a key under which it is done once. */
  readonly hidden = (action: string): Html => {
    const csrf = this.session?.csrf ?? '';
    return html`<input type="hidden" name="do" value="${action}" /><input
        type="hidden"
        name="csrf"
        value="${csrf}"
      /><input type="hidden" name="key" value="${this.newKey()}" />`;
  };
}
