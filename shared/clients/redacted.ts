/** Services repeat keys in what they answer, above all where they refuse them. */
const MASK = '[secret]';
/** Shorter texts are no keys, and would be found anywhere. */
const LENGTH_MIN = 6;

/** @returns the text without any of the secrets, also as they stand in an address or in JSON */
export function redacted(text: string, secrets: readonly string[]): string {
  const forms = secrets
    .filter((secret) => secret.length >= LENGTH_MIN)
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]);
  return forms.reduce((clean, form) => clean.replaceAll(form, MASK), text);
}
