/** Parsers of settings for access control and addresses. */
import { Failure } from '#shared/kernel/failure.ts';

export type Scope = 'read' | 'write' | 'trade';

const SCOPES: readonly string[] = ['read', 'write', 'trade'] satisfies Scope[];

/**
 * @param value names and addresses separated by comma, or `none`
 * @returns in lower case
 */
export function hosts(value: string): readonly string[] {
  if (value === 'none') return [];
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  return names.every((name) => /^[a-z0-9.-]+$/.test(name)) ? names : bad('host names or `none`');
}

/** `board-2=trade,laptop=read`, or `none` */
export function certificateScopes(value: string): ReadonlyMap<string, Scope> {
  if (value === 'none') return new Map();
  return new Map(value.split(',').map(scopeOf));
}

function scopeOf(entry: string): [string, Scope] {
  const [name = '', scope = ''] = entry.split('=').map((part) => part.trim());
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return bad(`"${entry}" is not NAME=read|write|trade`);
  return isScope(scope) ? [name, scope] : bad(`one of ${SCOPES.join(', ')}`);
}

function isScope(text: string): text is Scope {
  return SCOPES.includes(text);
}

function bad(message: string): never {
  throw new Failure('INVALID_REQUEST', message);
}
