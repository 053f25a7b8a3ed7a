/**
 * Who may call what over gRPC: the rule of HTTP (`shared/runtime/access.ts`), with the token in the
 * metadata `authorization`. A caller may also be known by its client certificate, or, where a setting
 * says so, by calling from this machine.
 */
import type { AuthContext } from '@grpc/grpc-js/build/src/auth-context.js';
import { isLoopback } from '#shared/process/loopback.ts';
import type { Effect } from '#shared/contract/row.ts';
import { requireAccess, tokenNameOf, type ReadAccess, type Scope } from '#shared/runtime/access.ts';
import type { Tokens } from '#shared/runtime/context.ts';

export interface FacadeAccess {
  readonly tokens: Tokens;
  readonly readAccess: ReadAccess;
  /** What callers from this machine may do without a token; undefined: what everybody may. */
  readonly loopbackScope?: Scope | undefined;
  /** By the name (CN) in a client certificate that the CA of this board has signed. */
  readonly certificateScopes?: ReadonlyMap<string, Scope> | undefined;
}

/** The part of a gRPC call that identifies its caller. */
export interface GrpcCaller {
  readonly metadata: { get(name: string): readonly (string | Buffer)[] };
  getPeer(): string;
  getAuthContext(): AuthContext | null;
}

/**
 * A caller from elsewhere reads without a token only with a certificate of our CA.
 * @param access null: everybody may do everything (tests)
 * @throws Failure UNAUTHENTICATED, NOT_ALLOWED, UNAVAILABLE
 */
export function requireCallerAccess(
  effect: Effect,
  caller: GrpcCaller,
  access: FacadeAccess | null,
): void {
  if (access === null) return;
  const name = certificateName(caller);
  const isLocal = isLoopbackPeer(caller.getPeer());
  const readAccess = isLocal || name !== undefined ? access.readAccess : 'token';
  const granted =
    access.certificateScopes?.get(name ?? '') ?? (isLocal ? access.loopbackScope : undefined);
  const [token] = caller.metadata.get('authorization');
  requireAccess(effect, token?.toString(), access.tokens, readAccess, granted);
}

/** Who a caller is, for the audit: address, client certificate, name of the token; never the token. */
export function actorOf(caller: GrpcCaller, access: FacadeAccess | null): string {
  const name = certificateName(caller);
  const certificate = name === undefined ? '' : ` certificate=${name}`;
  return `grpc ${caller.getPeer()}${certificate} token=${callerToken(caller, access)}`;
}

/** Name of the token that a caller gave; never the token. */
export function callerToken(caller: GrpcCaller, access: FacadeAccess | null): string {
  const [token] = caller.metadata.get('authorization');
  return tokenNameOf(token?.toString(), access?.tokens ?? null);
}

/** The server verifies client certificates during the handshake, so the name in one is authentic. */
function certificateName(caller: GrpcCaller): string | undefined {
  const name: unknown = caller.getAuthContext()?.sslPeerCertificate?.subject?.CN;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** `127.0.0.1:4711`, `[::1]:4711` or `::1:4711`, as grpc-js names peers; IPv4 may come as IPv6. */
function isLoopbackPeer(peer: string): boolean {
  const host = peer.slice(0, peer.lastIndexOf(':'));
  return isLoopback(
    host
      .replace(/^\[?::ffff:/i, '')
      .replace(/\]$/, '')
      .replace(/^\[/, ''),
  );
}
