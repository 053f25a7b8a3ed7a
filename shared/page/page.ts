/**
 * The owner's page: documents, files, server-sent events, and the forms that change something. The same
 * code answers behind the embedded gateway, as a function behind faasd, and in Kubernetes.
 */
import type { CallOptions } from '#shared/clients/functions-client.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import { openReplayRecords } from '#shared/replay/replay-records.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { FunctionEvent, FunctionResult } from '#template/function.ts';
import type { Action, ActionCall } from './page-action.ts';
import { actions } from './actions.ts';
import {
  assets,
  documentAnswer,
  eventStream,
  fileAt,
  jsonAnswer,
  plainAnswer,
  redirect,
  reportAnswer,
  signedOut,
} from './answers.ts';
import { AuditStore } from './audit-store.ts';
import { Changes } from './changes.ts';
import { covers, isProved, type Session } from './model/session.ts';
import { cookieText, readRequest, type PageRequest } from './request.ts';
import { passkeyAdd } from './passkeys/passkey-actions.ts';
import { Passkeys } from './passkeys/passkeys.ts';
import { returnTo } from './return-to.ts';
import { SessionStore, type Opened } from './session-store.ts';
import { SignIn, type Credentials } from './sign-in.ts';
import { draftView } from './drafts.ts';
import { confirmationView } from './view/forms/confirmations.ts';
import { Format } from './view/format.ts';
import { confirmView, messageView } from './view/forms/confirmation.ts';
import { signInView } from './view/forms/sign-in-form.ts';
import type { Register } from './view/access-sections.ts';
import { html, type Html } from './view/html.ts';
import { documentOf } from './view/layout.ts';
import { mayNot } from './view/role-text.ts';
import { ViewContext, type ViewInputs } from './view/view-context.ts';
import { viewNames, viewOf } from './view/views.ts';

const AUDIT_SHOWN = 30;
/** Before the name of an action: shows what it would do. */
const PREVIEW = 'preview-';
const YEAR_DAYS = 366;
const periods: Readonly<Record<string, number>> = { '1y': YEAR_DAYS, '3y': 3 * YEAR_DAYS };
/** The page to show after an action; a changed plan is to be answered next. */
const shownAfter: Readonly<Record<string, string>> = {
  ...{ halt: './', reduce: './', resume: './' },
  change: './?view=approve',
};

/** A request with all that answering it needs. */
interface Visit {
  readonly request: PageRequest;
  readonly opened: Opened | undefined;
  readonly takesGzip: boolean;
  readonly signal: AbortSignal;
}

export class Page {
  private readonly dependencies: Dependencies;
  private readonly sessions: SessionStore;
  private readonly audit: AuditStore;
  private readonly signIn: SignIn;
  private readonly changes: Changes;
  private readonly passkeys: Passkeys;

  constructor(opened: Dependencies) {
    const functions = opened.functions.as('page');
    const dependencies = Object.assign(Object.create(opened) as Dependencies, { functions });
    const { database } = dependencies;
    this.dependencies = dependencies;
    this.sessions = new SessionStore(database);
    this.audit = new AuditStore(dependencies);
    this.signIn = new SignIn(dependencies);
    this.changes = new Changes(database);
    this.passkeys = new Passkeys(database);
  }

  async answer(
    event: FunctionEvent,
    signal: AbortSignal,
    credentials: () => Promise<Credentials>,
  ): Promise<FunctionResult> {
    const request = readRequest(event);
    const takesGzip = /\bgzip\b/.test(event.headers['accept-encoding'] ?? '');
    const isGet = request.method === 'GET' || request.method === 'HEAD';
    const file = isGet ? fileAt(request.path, takesGzip) : undefined;
    if (file) return file;
    if (!isGet && request.method !== 'POST') return plainAnswer(405, 'GET and POST only');
    if (!isGet && !request.isOwnOrigin)
      return plainAnswer(403, 'a page of another site may not change anything here');
    const mayRotate = isGet && request.path === '/';
    const now = this.dependencies.now();
    const opened = await this.sessions.findAny(request.cookies, now, mayRotate);
    const visit = { request, opened, takesGzip, signal };
    return isGet ? this.get(visit) : this.post(visit, await credentials());
  }

  private async get(visit: Visit): Promise<FunctionResult> {
    const { request, opened, signal } = visit;
    if (request.path === '/events') {
      if (!this.mayRead(opened?.session)) return plainAnswer(401, 'sign in first');
      if (this.changes.isFull) return plainAnswer(503, 'too many pages are open');
      const mayGoOn = (): Promise<boolean> => this.mayFollow(opened?.session);
      const { lastEventId: lastId } = request;
      const sessionId = opened?.session.id ?? '';
      return eventStream(this.changes.events({ signal, mayGoOn, sessionId, lastId }));
    }
    if (request.path === '/replay') return this.replay(visit);
    if (request.path !== '/') return this.message(visit, 404, 'Not here', 'There is no such page.');
    // What `system` was called; bookmarks of it stay good.
    if (request.query.get('view') === 'house') return redirect('./?view=system');
    const isSignIn = request.query.get('view') === 'sign-in';
    if (isSignIn || !this.mayRead(opened?.session)) return this.askPassword(visit);
    try {
      const stateId = await this.changes.stateId(opened?.session.id ?? '');
      return await this.view(visit, { stateId, overview: await this.overview(visit) });
    } catch (thrown) {
      const { message, rule } = Failure.from(thrown);
      return this.message(visit, rule.http, 'It cannot be shown now', message);
    }
  }

  /** Asked for as long as a stream lasts: one of a session ends with it. */
  private async mayFollow(session: Session | undefined): Promise<boolean> {
    if (!session) return this.mayRead(undefined);
    return this.sessions.isOpen(session.id, this.dependencies.now());
  }

  private async replay(visit: Visit): Promise<FunctionResult> {
    if (!this.mayRead(visit.opened?.session)) return plainAnswer(401, 'sign in first');
    const { settings, database } = this.dependencies;
    const report = await (await openReplayRecords(settings, database)).last('html');
    if (report !== undefined) return reportAnswer(report, visit.takesGzip);
    return this.message(
      visit,
      404,
      'No replay yet',
      '`trader replay` makes one; it then stands here.',
    );
  }

  private async view(
    visit: Visit,
    read: Pick<ViewInputs, 'stateId' | 'overview'>,
  ): Promise<FunctionResult> {
    const { request } = visit;
    const view = request.query.get('view') ?? 'overview';
    const { settings, database } = this.dependencies;
    const records = await openReplayRecords(settings, database);
    const context = this.context(visit, view, { ...read, hasReplay: await records.isAny() });
    if (viewNames.some((name) => name === view))
      return this.show(visit, context, viewOf(context, await this.register(visit)));
    if (!context.may('trade')) {
      const then = returnTo(request.query);
      return redirect(`./?view=sign-in&then=${encodeURIComponent(then ?? '')}`);
    }
    const confirmation =
      confirmationView(context) ??
      (await draftView(context, this.dependencies, this.options(visit)));
    if (!confirmation) return this.message(visit, 404, 'Not here', 'There is no such page.');
    return this.show(visit, context, confirmation);
  }

  private async post(visit: Visit, credentials: Credentials): Promise<FunctionResult> {
    const { request, opened } = visit;
    const { path, form } = request;
    const name = form.get('do') ?? '';
    if (path !== '/') return this.message(visit, 404, 'Not here', 'There is no such page.');
    if (name === 'sign-in' || name === 'passkey-sign-in') return this.begin(visit, credentials);
    if (name === 'passkey-challenge') return this.challenge(visit);
    if (!opened) return this.askPassword(visit, 'Your session has ended. Sign in again.', 401);
    if (form.get('csrf') !== opened.session.csrf)
      return this.message(visit, 403, 'Not done', 'The form is not of this session. Try again.');
    if (name === 'sign-out') return this.end(visit, opened.session);
    if (name === 'passkey-options') return this.optionsToAdd(visit, opened.session, credentials);
    if (name === 'revoke' || name === 'revoke-all') return this.revoke(visit, opened.session, name);
    const isPreview = name.startsWith(PREVIEW);
    const known = isPreview ? name.slice(PREVIEW.length) : name;
    const action = Object.hasOwn(actions, known) ? actions[known] : undefined;
    if (!action) return this.message(visit, 404, 'Not here', 'There is no such action.');
    if (!covers(opened.session.role, action.role))
      return this.message(visit, 403, 'Not done', mayNot(this.context(visit, 'message')));
    if (isPreview) return this.preview(visit, opened.session, action);
    const complaint = await this.proof(visit, opened.session, action, credentials);
    if (complaint !== undefined) return this.message(visit, 403, 'Not done', complaint);
    return this.act(visit, opened.session, name, action);
  }

  /** Sensitive actions need the password, unless it was given a moment ago. */
  private async proof(
    { request }: Visit,
    session: Session,
    { needsProof }: Pick<Action, 'needsProof'>,
    credentials: Credentials,
  ): Promise<string | undefined> {
    const now = this.dependencies.now();
    const isGiven = Boolean(request.form.get('password'));
    if (!needsProof || (isProved(session, now) && !isGiven)) return undefined;
    if (!isGiven) return 'Your password is needed once more. Go back and give it.';
    return this.signIn.prove(request, session, credentials, now);
  }

  /** For the browser: what a passkey that signs in is to sign. */
  private async challenge({ request }: Visit): Promise<FunctionResult> {
    const now = this.dependencies.now();
    if ((await this.signIn.waitMs(request, now)) > 0)
      return jsonAnswer(403, { message: 'Wait before you try again.' });
    return this.json(() => this.passkeys.optionsToSignIn(request, now));
  }

  /** For the browser: which passkey it is to make. */
  private async optionsToAdd(
    visit: Visit,
    session: Session,
    credentials: Credentials,
  ): Promise<FunctionResult> {
    const { role, needsProof } = passkeyAdd;
    if (!covers(session.role, role))
      return jsonAnswer(403, { message: `This session may only ${session.role}.` });
    const message = await this.proof(
      visit,
      session,
      { needsProof: needsProof === true },
      credentials,
    );
    if (message !== undefined) return jsonAnswer(403, { message });
    const now = this.dependencies.now();
    return this.json(() => this.passkeys.optionsToAdd(visit.request, session, now));
  }

  private async json(made: () => Promise<object>): Promise<FunctionResult> {
    try {
      return jsonAnswer(200, await made());
    } catch (thrown) {
      const { message, rule } = Failure.from(thrown);
      return jsonAnswer(rule.http, { message });
    }
  }

  private async act(
    visit: Visit,
    session: Session,
    name: string,
    action: Action,
  ): Promise<FunctionResult> {
    const { request } = visit;
    const call = this.call(visit, session);
    try {
      const said = await action.run(request.form, call);
      await this.note(request, session, name, said, call.options.idempotencyKey ?? '');
      // What was changed and sent at once is not asked about again.
      const shown = request.form.has('send') ? undefined : shownAfter[name];
      if (shown !== undefined) return redirect(shown);
      return await this.message(visit, 200, 'Done', said);
    } catch (thrown) {
      const { message, rule } = Failure.from(thrown);
      await this.note(
        request,
        session,
        name,
        `failed: ${message}`,
        call.options.idempotencyKey ?? '',
      );
      return this.message(visit, rule.http, 'Not done', message);
    }
  }

  /** What an action would do; nothing is changed and nothing registered. */
  private async preview(visit: Visit, session: Session, action: Action): Promise<FunctionResult> {
    if (!action.preview) return this.message(visit, 404, 'Not here', 'There is no such preview.');
    try {
      const call = this.call(visit, session);
      const confirmation = await action.preview(visit.request.form, call);
      const context = this.context(visit, 'preview', { overview: await this.overview(visit) });
      return this.show(visit, context, confirmView(context, confirmation));
    } catch (thrown) {
      const { message, rule } = Failure.from(thrown);
      return this.message(visit, rule.http, 'Not possible', message);
    }
  }

  private options({ request, signal }: Visit): CallOptions {
    return { signal, requestId: this.dependencies.newId(), traceparent: request.traceparent };
  }

  private call(visit: Visit, session: Session): ActionCall {
    const { request } = visit;
    const { functions, baseCurrency: currency, newId } = this.dependencies;
    const who = `${session.device} (${session.id.slice(0, 8)})`;
    const key = request.form.get('key') || newId();
    const actor = `page ${who} ${request.address}`;
    const options = { ...this.options(visit), idempotencyKey: `page-${key}`, actor };
    const now = this.dependencies.now();
    const passkeys = {
      add: () => this.passkeys.add(request, session, now),
      remove: (id: string) => this.passkeys.store.remove(id),
    };
    return { functions, currency, who, options, format: new Format(request.locale), passkeys };
  }

  private async begin(visit: Visit, credentials: Credentials): Promise<FunctionResult> {
    const { request } = visit;
    const now = this.dependencies.now();
    const byPasskey = request.form.get('do') === 'passkey-sign-in';
    const prove = () => this.passkeys.proved(request, now);
    const result = byPasskey
      ? await this.signIn.beginWithPasskey(request, prove, now)
      : await this.signIn.begin(request, credentials, now);
    if (result.kind === 'refused') return this.askPassword(visit, result.message, 403);
    const then = returnTo(new URLSearchParams(`view=${request.form.get('then') ?? ''}`));
    return redirect(then ? `./?view=${then}` : './', cookieText(request, result.cookie));
  }

  private async end({ request }: Visit, session: Session): Promise<FunctionResult> {
    await this.sessions.end(session.id);
    await this.note(request, session, 'sign-out', '', '');
    return signedOut(cookieText(request, ''));
  }

  private async revoke(
    visit: Visit,
    session: Session,
    name: 'revoke' | 'revoke-all',
  ): Promise<FunctionResult> {
    const { request } = visit;
    const id = request.form.get('session') ?? '';
    if (!(await this.mayEnd(session, name === 'revoke' ? id : undefined)))
      return this.message(visit, 403, 'Not done', mayNot(this.context(visit, 'message')));
    if (name === 'revoke-all') await this.sessions.endAll();
    else await this.sessions.end(id);
    await this.note(request, session, name, id.slice(0, 8), '');
    return redirect('./?view=system');
  }

  /** Nobody ends a session that may do more than the own one. @param id of all where it is undefined */
  private async mayEnd(own: Session, id: string | undefined): Promise<boolean> {
    const all = await this.sessions.list(this.dependencies.now());
    return all
      .filter((one) => id === undefined || one.id === id)
      .every(({ role }) => covers(own.role, role));
  }

  private note(
    request: PageRequest,
    session: Session,
    action: string,
    detail: string,
    key: string,
  ) {
    const who = `${session.device} (${session.id.slice(0, 8)})`;
    const at = this.dependencies.now();
    return this.audit.add({ at, who, address: request.address, action, detail, key });
  }

  /** Without a session the page shows what anyone may read of the functions. */
  private mayRead(session: Session | undefined): boolean {
    const { settings, tokens } = this.dependencies;
    return session !== undefined || tokens === null || settings.readAccess === 'open';
  }

  private overview(visit: Visit): Promise<GetOverviewResponse> {
    const { query } = visit.request;
    const requested = {
      rowsMax: wholeNumber(query.get('rows'), 10_000),
      ledgerOffset: wholeNumber(query.get('offset'), 1_000_000_000),
      historyDays: periods[query.get('period') ?? ''] ?? 0,
    };
    return this.dependencies.functions.call(gateway.getOverview, requested, this.options(visit));
  }

  private async register(visit: Visit): Promise<Register> {
    const { request, opened } = visit;
    if (!opened || request.query.get('view') !== 'system')
      return { sessions: [], audit: [], passkeys: [] };
    const { functions, now } = this.dependencies;
    const options = this.options(visit);
    const [sessions, audit, passkeys, notices, calls, done] = await Promise.all([
      this.sessions.list(now()),
      this.audit.latest(AUDIT_SHOWN),
      this.passkeys.store.all(),
      functions.call(gateway.listNotices, {}, options).catch(() => undefined),
      functions.call(gateway.getDependencies, {}, options).catch(() => undefined),
      functions.call(gateway.listAudit, { limit: AUDIT_SHOWN }, options).catch(() => undefined),
    ]);
    return { sessions, audit, passkeys, notices, calls, done };
  }

  private async askPassword(
    visit: Visit,
    complaint?: string,
    status = 200,
  ): Promise<FunctionResult> {
    const context = this.context(visit, 'sign-in');
    const hasPasskey = await this.passkeys.areKnownAt(visit.request);
    return this.show(visit, context, signInView(context, { complaint, hasPasskey }), status);
  }

  private message(
    visit: Visit,
    status: number,
    title: string,
    text: string | Html,
  ): FunctionResult {
    return this.show(visit, this.context(visit, 'message'), messageView(title, text), status);
  }

  private context(
    { request, opened }: Visit,
    view: string,
    shown: Partial<Pick<ViewInputs, 'stateId' | 'overview' | 'hasReplay'>> = {},
  ) {
    return new ViewContext({
      view,
      ...{ stateId: '', overview: undefined, hasReplay: false, ...shown },
      session: opened?.session,
      isProved: opened !== undefined && isProved(opened.session, this.dependencies.now()),
      site: request.site,
      format: new Format(request.locale),
      assets,
      query: request.query,
      newKey: this.dependencies.newId,
    });
  }

  private show(visit: Visit, context: ViewContext, body: Html, status = 200): FunctionResult {
    const { request, opened, takesGzip } = visit;
    const text = documentOf(context, html`${body}`);
    const cookie = opened?.cookie === undefined ? undefined : cookieText(request, opened.cookie);
    return documentAnswer(text, { status, cookie, takesGzip });
  }
}

function wholeNumber(text: string | null, max: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Math.min(Number(text), max) : 0;
}
