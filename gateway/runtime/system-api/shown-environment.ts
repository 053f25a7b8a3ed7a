/**
 * The environment of a function as it may be shown. Secrets belong in secret files; one that was
 * put into the environment anyway is masked in listings. Pure.
 */

const SECRET_NAME =
  /(^|[_-])(secret|token|password|passwd|passphrase|credentials?|private[_-]?key|api[_-]?key|access[_-]?key|key[_-]?id|pin)([_-](key|value))?$/i;
const PATH_NAME = /[_-](file|path|dir|name)$/i;
const PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const HIDDEN = '(hidden)';

/**
 * Values of variables whose names suggest a secret, private keys, and passwords within URLs are
 * masked.
 */
export function shownEnvironment(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, shown(name, value)]),
  );
}

function shown(name: string, value: string): string {
  if (PEM.test(value)) return HIDDEN;
  if (SECRET_NAME.test(name) && !PATH_NAME.test(name)) return HIDDEN;
  return value.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]*@/gi, `$1:${HIDDEN}@`);
}
