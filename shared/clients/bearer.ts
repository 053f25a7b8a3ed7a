/** The token a client shows; one that may be replaced while it runs is asked for at each call. */
export type Bearer = string | (() => string);

/** @throws Failure UNAVAILABLE where the secret behind it is missing */
export function bearerText(bearer: Bearer): string {
  return typeof bearer === 'string' ? bearer : bearer();
}
