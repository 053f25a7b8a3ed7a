/** Reads the deployments of a gateway, as far as a connector needs them. */
import * as z from 'zod';
import { Failure, unavailable } from '#shared/kernel/failure.ts';

const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map) => map ?? {});

const listSchema = z
  .array(z.looseObject({ name: z.string().min(1), annotations: texts, envVars: texts }))
  .nullable()
  .transform((list) => list ?? []);

export type Deployed = z.output<typeof listSchema>[number];

export interface GatewayCredentials {
  readonly user: string;
  readonly password: string;
}

const TIMEOUT_MS = 5_000;

/** @throws Failure UNAVAILABLE, UNAUTHENTICATED or UPSTREAM_BROKEN */
export async function readDeployed(
  gatewayUrl: string,
  { user, password }: GatewayCredentials,
): Promise<readonly Deployed[]> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const response = await fetch(new URL('/system/functions', gatewayUrl), {
    headers: { authorization },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw unavailable('The gateway', cause);
  });
  const text = await response.text();
  if (response.status === 401)
    throw new Failure('UNAUTHENTICATED', 'The gateway refuses basic-auth-user and -password.');
  if (response.status !== 200)
    throw unavailable('The gateway', new Error(`it answered ${response.status}`));
  return parsed(text);
}

function parsed(text: string): readonly Deployed[] {
  try {
    return listSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure('UPSTREAM_BROKEN', 'The gateway’s list of functions is none.', {}, cause);
  }
}
