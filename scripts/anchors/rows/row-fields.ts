/** The parameters and inputs of a row, with a record of which of them are read. */
import type { AnchorRow } from './anchor-row.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Fields as they are, without the record of their reading. */
const untracked = new WeakMap<Fields, Fields>();

/** For searches through all fields; what is found must then be read by its key. */
export function peeked(fields: Fields): Fields {
  return untracked.get(fields) ?? fields;
}

export interface OpenRow {
  readonly row: AnchorRow;
  /** Keys that nobody has read, as `parameters.key` or `inputs.key`. */
  unread(): readonly string[];
}

export function openRow(row: AnchorRow): OpenRow {
  const read = new Set<string>();
  const tracked = (part: 'parameters' | 'inputs'): Fields =>
    proxied(row[part], row[part], (key) => {
      read.add(`${part}.${key}`);
      return row[part][key];
    });
  return {
    row: { ...row, parameters: tracked('parameters'), inputs: tracked('inputs') },
    unread: () =>
      (['parameters', 'inputs'] as const).flatMap((part) =>
        Object.keys(row[part])
          .map((key) => `${part}.${key}`)
          .filter((name) => !read.has(name)),
      ),
  };
}

/** The same fields with other values; reading one reads the original. */
export function mapped(fields: Fields, change: (value: unknown) => unknown): Fields {
  const raw = Object.fromEntries(
    Object.entries(peeked(fields)).map(([key, value]) => [key, change(value)]),
  );
  return proxied(raw, raw, (key) => (key in raw ? change(fields[key]) : undefined));
}

/** The same fields and one more, or another value of one. */
export function withField(fields: Fields, name: string, value: unknown): Fields {
  const raw = { ...peeked(fields), [name]: value };
  return proxied(raw, raw, (key) => (key === name ? value : fields[key]));
}

function proxied(target: Fields, raw: Fields, get: (key: string) => unknown): Fields {
  const proxy = new Proxy(target, {
    get: (own, key) => (typeof key === 'string' ? get(key) : (Reflect.get(own, key) as unknown)),
  });
  untracked.set(proxy, raw);
  return proxy;
}
