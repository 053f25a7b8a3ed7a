/**
 * The bearer token that a client sends. It is read for each call, since the secret may be replaced
 * while the process runs.
 */
export type Bearer = string | (() => string);

/** @throws Failure UNAVAILABLE where the secret behind it is missing */
export function bearerText(bearer: Bearer): string {
  return typeof bearer === 'string' ? bearer : bearer();
}
