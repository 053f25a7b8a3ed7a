/**
 * The secrets that this process has read. A line of the log that would contain one of them, in whatever
 * text, is written without it.
 */
const LENGTH_MIN = 8;
/** Of their forms. */
const KEPT_MAX = 3_000;
const REPLACEMENT = '[secret]';

const known = new Set<string>();

/** Called by whatever reads a secret. Texts too short to be distinguished from ordinary words are not kept. */
export function rememberSecret(secret: string): void {
  if (secret.length < LENGTH_MIN) return;
  for (const form of formsOf(secret)) {
    known.delete(form);
    known.add(form);
  }
  for (const oldest of known) {
    if (known.size <= KEPT_MAX) return;
    known.delete(oldest);
  }
}

/** As it is, in an address, in JSON, and in Base64 wherever it stands in what is encoded (`user:password`). */
function formsOf(secret: string): readonly string[] {
  const encoded = [0, 1, 2].map((before) => base64Of(secret, before));
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  return [...forms, ...encoded].filter((form) => form.length >= LENGTH_MIN);
}

/** The characters of Base64 that depend on the secret alone, where so many bytes modulo three stand before it. */
function base64Of(secret: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 3));
  return whole.toString('base64').slice(before === 0 ? 0 : 4);
}

/** Whether a text is a secret that was read. */
export function isKnownSecret(text: string): boolean {
  return known.has(text);
}

/** The text without any secret that was read. */
export function withoutKnownSecrets(text: string): string {
  let clean = text;
  for (const secret of known)
    if (clean.includes(secret)) clean = clean.replaceAll(secret, REPLACEMENT);
  return clean;
}
