/**
 * What is made when it is first asked for, and kept: a process uses few of the schemas that it knows, and each takes
 * more than a kilobyte.
 */
export function atFirstUse<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
