/** Sign-in: credentials, roles, and the limit of attempts for an address. */
import type { Instant } from '#shared/kernel/instant.ts';
import { same } from '#shared/runtime/access.ts';
import { addNotice } from '#shared/gateway/notices/add-notice.ts';
import type { Dependencies, Tokens } from '#shared/runtime/context.ts';
import { AuditStore } from './audit-store.ts';
import type { Passkey } from './model/passkey.ts';
import { covers, roles, type Role, type Session } from './model/session.ts';
import type { PageRequest } from './request.ts';
import { SessionStore } from './session-store.ts';

export interface Credentials {
  /** Of the operator; signs in for everything. */
  readonly password: string;
  /** Sign in for what they cover. */
  readonly tokens: Tokens | null;
}

interface Refused {
  readonly kind: 'refused';
  readonly message: string;
}

export type SignedIn = { readonly kind: 'in'; readonly cookie: string } | Refused;

interface Grant {
  readonly role: Role;
  /** `password`, `passkey`, or the name of a token. */
  readonly by: string;
}

/** The same answer for every error, so that it reveals nothing. */
const WRONG = 'That is not right.';
/** Longer passwords are not compared. */
const PASSWORD_LENGTH_MAX = 1_000;
const LINES_SEARCHED = 1_000;
const HOUR_MS = 3_600_000;

export class SignIn {
  private readonly sessions: SessionStore;
  private readonly audit: AuditStore;

  private readonly dependencies: Dependencies;

  constructor(dependencies: Dependencies) {
    const { database } = dependencies;
    this.dependencies = dependencies;
    this.sessions = new SessionStore(database);
    this.audit = new AuditStore(dependencies);
  }

  async begin(request: PageRequest, known: Credentials, now: Instant): Promise<SignedIn> {
    const granted = await this.tried(request, now, () => grantOf(request, known));
    return 'role' in granted ? this.opened(request, granted, now) : granted;
  }

  /** @param proved the passkey that signed; what does not prove one counts as a wrong password does */
  async beginWithPasskey(
    request: PageRequest,
    prove: () => Promise<Passkey | undefined>,
    now: Instant,
  ): Promise<SignedIn> {
    const granted = await this.tried(request, now, async () => {
      const passkey = await prove();
      return passkey && { role: passkey.role, by: 'passkey' };
    });
    return 'role' in granted ? this.opened(request, granted, now) : granted;
  }

  private async opened(
    request: PageRequest,
    { role: granted, by }: Grant,
    now: Instant,
  ): Promise<SignedIn> {
    const { address, device, form } = request;
    const requestedRole = roles.find((role) => role === form.get('role')) ?? 'read';
    const role = covers(granted, requestedRole) ? requestedRole : granted;
    const isKnown = await this.isKnown(request);
    await this.note(request, now, 'sign-in', `may ${role}, by ${by}`, by);
    const { cookie } = await this.sessions.begin({ role, device, address }, now);
    if (!isKnown) await this.notify(request, now, 'somebody signed in from a new device');
    return { kind: 'in', cookie };
  }

  /** Checks the password again, for a sensitive action. @returns why it was refused, or undefined */
  async prove(
    request: PageRequest,
    session: Session,
    known: Credentials,
    now: Instant,
  ): Promise<string | undefined> {
    const granted = await this.tried(request, now, () => grantOf(request, known));
    if (!('role' in granted)) return granted.message;
    if (!covers(granted.role, session.role)) return WRONG;
    await this.note(request, now, 'proof', `once more, by ${granted.by}`, granted.by);
    await this.sessions.prove(session.id, now);
    return undefined;
  }

  /** How long the address has to wait before it may try; 0 where it need not. */
  waitMs({ address }: PageRequest, now: Instant): Promise<number> {
    return this.sessions.waitMs(address, now);
  }

  /** @returns what the credentials give, or the refusal */
  private async tried(
    request: PageRequest,
    now: Instant,
    covered: () => Grant | undefined | Promise<Grant | undefined>,
  ): Promise<Grant | Refused> {
    const { address } = request;
    const wait = await this.waitMs(request, now);
    if (wait > 0) return refusal(wait);
    const granted = await covered();
    if (granted) {
      await this.sessions.succeeded(address);
      return granted;
    }
    const waits = await this.sessions.failed(address, now);
    await this.note(request, now, 'sign-in-failed', waits > 0 ? 'and has to wait' : '');
    if (waits > 0) await this.note(request, now, 'sign-in-locked', refusal(waits).message);
    if (waits > 0) await this.notify(request, now, 'wrong passwords were tried');
    return waits > 0 ? refusal(waits) : ({ kind: 'refused', message: WRONG } as const);
  }

  /** Whether the register has a sign-in of the same browser at the same address. */
  private async isKnown({ device, address }: PageRequest): Promise<boolean> {
    const lines = await this.audit.latest(LINES_SEARCHED);
    return lines.some(
      (line) => line.action === 'sign-in' && line.who === device && line.address === address,
    );
  }

  /** At most one an hour for an address and a browser. A notice that cannot be stored hinders nobody. */
  private async notify({ device, address }: PageRequest, now: Instant, headline: string) {
    const hour = Math.floor(now / HOUR_MS);
    const key = `sign-in:${headline}:${device}:${address}:${hour}`;
    const text = `${device}, from ${address}. If it was not you: trader halt, then end all sessions on the page.`;
    const added = addNotice(this.dependencies, { key, kind: 'sign-in', headline, text });
    await added.catch((thrown: unknown) =>
      this.dependencies.log.warn('notice-not-stored', { detail: String(thrown) }),
    );
  }

  private note(
    { address, device }: PageRequest,
    at: Instant,
    action: string,
    detail: string,
    credential?: string,
  ) {
    return this.audit.add({ at, who: device, address, action, detail, key: '' }, credential);
  }
}

function refusal(waitMs: number): Refused {
  const minutes = Math.ceil(waitMs / 60_000);
  return {
    kind: 'refused',
    message: `${WRONG} Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`} before you try again.`,
  };
}

function grantOf({ form }: PageRequest, known: Credentials): Grant | undefined {
  return grantFor(form.get('password') ?? '', known);
}

/** Always compares with all of them, so that timing reveals nothing. */
function grantFor(given: string, { password, tokens }: Credentials): Grant | undefined {
  if (given.length > PASSWORD_LENGTH_MAX) return undefined;
  const candidates: [Grant, string][] = [
    [{ role: 'trade', by: 'password' }, password],
    ...roles.map((role): [Grant, string] => [{ role, by: role }, tokens?.[role] ?? '']).reverse(),
  ];
  const matching = candidates.filter(([, secret]) => same(given, secret) && secret !== '');
  return matching[0]?.[0];
}
