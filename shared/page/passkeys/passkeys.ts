/**
 * Passkeys (W3C Web Authentication): adding one to a session that has just proved its password, and
 * signing in with one. What a browser answers is checked by SimpleWebAuthn.
 */
import { randomBytes } from 'node:crypto';
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { invalidRequest } from '#shared/kernel/failure.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Database } from '#shared/redis/database.ts';
import { allowsPasskeys, type Passkey } from '../model/passkey.ts';
import type { Session } from '../model/session.ts';
import type { PageRequest } from '../request.ts';
import { CHALLENGE_MS_MAX, PasskeyStore } from './passkey-store.ts';

/** Shown by authenticators beside the key. */
const NAME = 'Arduino Trader';
const ANSWER_LENGTH_MAX = 20_000;

/** Loaded at the first passkey: most sign-ins need none of it. */
const library = () => import('@simplewebauthn/server');

export class Passkeys {
  readonly store: PasskeyStore;

  constructor(database: Database) {
    this.store = new PasskeyStore(database);
  }

  /** Whether one could sign in where the page is seen. */
  async areKnownAt({ site }: PageRequest): Promise<boolean> {
    if (!site || !allowsPasskeys(site)) return false;
    return (await this.store.all()).some(({ host }) => host === site.hostname);
  }

  /** What `navigator.credentials.create` is asked with. @throws Failure INVALID_REQUEST */
  async optionsToAdd(request: PageRequest, session: Session, now: Instant): Promise<object> {
    const { hostname } = siteOf(request);
    const { generateRegistrationOptions } = await library();
    const known = (await this.store.all()).filter(({ host }) => host === hostname);
    const options = await generateRegistrationOptions({
      rpName: NAME,
      rpID: hostname,
      userName: 'operator',
      // One account; a fresh handle keeps an authenticator from replacing a key it has.
      userID: new Uint8Array(randomBytes(16)),
      challenge: new Uint8Array(randomBytes(32)),
      timeout: CHALLENGE_MS_MAX,
      attestationType: 'none',
      excludeCredentials: known.map(descriptor),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    await this.store.giveOut(options.challenge, `add ${session.id}`, now);
    return options;
  }

  /** @throws Failure INVALID_REQUEST where the answer is not of this page and session */
  async add(request: PageRequest, session: Session, now: Instant): Promise<void> {
    const { hostname, origin } = siteOf(request);
    const response = answerIn<RegistrationResponseJSON>(request);
    const { verifyRegistrationResponse } = await library();
    const verified = await verifyRegistrationResponse({
      response,
      expectedChallenge: (challenge) => this.store.take(challenge, `add ${session.id}`, now),
      ...{ expectedOrigin: origin, expectedRPID: hostname },
    }).catch(refuse);
    if (!verified.verified) throw notOurs('its proof does not hold');
    const { id, publicKey, counter, transports = [] } = verified.registrationInfo.credential;
    await this.store.add({
      ...{ id, counter, transports, host: hostname, addedAt: now },
      publicKey: Buffer.from(publicKey).toString('base64url'),
      ...{ role: session.role, device: request.device },
    });
  }

  /** What `navigator.credentials.get` is asked with; any passkey of this host may answer. */
  async optionsToSignIn(request: PageRequest, now: Instant): Promise<object> {
    const { hostname } = siteOf(request);
    const { generateAuthenticationOptions } = await library();
    const options = await generateAuthenticationOptions({
      rpID: hostname,
      challenge: new Uint8Array(randomBytes(32)),
      timeout: CHALLENGE_MS_MAX,
      userVerification: 'required',
    });
    await this.store.giveOut(options.challenge, 'sign-in', now);
    return options;
  }

  /** @returns the passkey that signed, or undefined for whatever does not prove one */
  async proved(request: PageRequest, now: Instant): Promise<Passkey | undefined> {
    try {
      const response = answerIn<AuthenticationResponseJSON>(request);
      const passkey = await this.store.find(response.id);
      return passkey && (await this.verify(request, passkey, response, now));
    } catch {
      // Malformed, expired, of another page or key: all of them are the same refusal.
      return undefined;
    }
  }

  private async verify(
    request: PageRequest,
    passkey: Passkey,
    response: AuthenticationResponseJSON,
    now: Instant,
  ): Promise<Passkey | undefined> {
    const { hostname, origin } = siteOf(request);
    const { verifyAuthenticationResponse } = await library();
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: (challenge) => this.store.take(challenge, 'sign-in', now),
      ...{ expectedOrigin: origin, expectedRPID: hostname, requireUserVerification: true },
      credential: {
        ...descriptor(passkey),
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: passkey.counter,
      },
    });
    if (!verified || passkey.host !== hostname) return undefined;
    await this.store.used(passkey.id, authenticationInfo.newCounter, now);
    return passkey;
  }
}

/** Where the browser sees the page. @throws Failure INVALID_REQUEST where it allows no passkeys */
function siteOf({ site }: PageRequest): URL {
  if (site && allowsPasskeys(site)) return site;
  throw invalidRequest({
    field: 'address',
    message: 'allows no passkeys: they need a name with https, or localhost',
  });
}

/** What the browser's authenticator said. @throws Failure INVALID_REQUEST */
function answerIn<T extends { readonly id: string }>({ form }: PageRequest): T {
  const text = form.get('credential') ?? '';
  const parsed: unknown = text.length <= ANSWER_LENGTH_MAX ? parsedJson(text) : undefined;
  const isCredential = typeof parsed === 'object' && parsed !== null && 'id' in parsed;
  if (!isCredential || typeof parsed.id !== 'string') throw notOurs('is no credential');
  return parsed as T;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function descriptor({ id, transports }: Passkey) {
  return { id, transports: [...transports] as AuthenticatorTransport[] };
}

function refuse(thrown: unknown): never {
  throw notOurs(thrown instanceof Error ? thrown.message : 'it cannot be read');
}

function notOurs(message: string) {
  return invalidRequest({ field: 'credential', message });
}
