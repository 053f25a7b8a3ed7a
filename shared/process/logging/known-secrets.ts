/**
 * The secrets that this process has read. A line of the log that would contain one of them, in whatever
 * text, is written without it.
 */
const LENGTH_MIN = 8;
const KEPT_MAX = 1_000;
const REPLACEMENT = '[secret]';

const known = new Set<string>();

/** Called by whatever reads a secret. Texts too short to be distinguished from ordinary words are not kept. */
export function rememberSecret(secret: string): void {
  if (secret.length < LENGTH_MIN) return;
  known.delete(secret);
  known.add(secret);
  const [oldest] = known;
  if (known.size > KEPT_MAX && oldest !== undefined) known.delete(oldest);
}

/** The text without any secret that was read. */
export function withoutKnownSecrets(text: string): string {
  let clean = text;
  for (const secret of known)
    if (clean.includes(secret)) clean = clean.replaceAll(secret, REPLACEMENT);
  return clean;
}
