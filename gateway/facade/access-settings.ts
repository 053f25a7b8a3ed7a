/** Access control of the facade, from the settings. */
import type { Settings } from '#shared/process/settings.ts';
import type { Tokens } from '#shared/runtime/context.ts';
import type { FacadeAccess } from './caller-access.ts';

export function facadeAccessOf(settings: Settings, tokens: Tokens): FacadeAccess {
  const { readAccess, grpcLoopbackAccess: loopback, grpcCertificateScopes } = settings;
  return {
    tokens,
    readAccess,
    loopbackScope: loopback === 'token' ? undefined : loopback,
    certificateScopes: grpcCertificateScopes,
  };
}
