/** Fields of a request by their text. */

/** @returns JSON paths (`trades[0].symbol`) of the text, or of the keys, in which a part occurs */
export function fieldsWith(value: unknown, part: string, path = ''): string[] {
  if (typeof value === 'string') return value.includes(part) ? [path === '' ? 'body' : path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key.includes(part)) return [path === '' ? 'a key' : `a key of ${path}`];
    const name = Array.isArray(value) ? `[${key}]` : path === '' ? key : `.${key}`;
    return fieldsWith(inner, part, `${path}${name}`);
  });
}
