/** Changes of a policy's text that keep everything else as its owner wrote it, comments included. */
import type { Document } from 'yaml';
import { parseDocument } from 'yaml';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { restrictions } from '../model/policy/policy.ts';

const UNTIL = 'restrictedUntil';

/** `none` takes a security from all lists. */
export type Restriction = (typeof restrictions)[number] | 'none';

/** @param weights fractions by ISIN; without any, the objective decides again */
export function withTargets(text: string, weights: ReadonlyMap<string, number>): string {
  const document = read(text);
  const path = ['targets', 'securities'];
  for (const isin of targetsIn(text).keys())
    if (!weights.has(isin)) document.deleteIn([...path, isin]);
  for (const [isin, weight] of weights) document.setIn([...path, isin], weight);
  if (weights.size > 0) document.delete('objective');
  removeWhereEmpty(document, path);
  removeWhereEmpty(document, ['targets']);
  return written(document);
}

/** @param until last day, YYYY-MM-DD; empty: for good */
export function withRestriction(
  text: string,
  isin: string,
  restriction: Restriction,
  until = '',
): string {
  const document = read(text);
  for (const list of restrictions) {
    const at = isinsIn(document, list).indexOf(isin);
    if (list === restriction) {
      if (at < 0) add(document, list, isin);
    } else if (at >= 0) document.deleteIn([list, at]);
    removeWhereEmpty(document, [list]);
  }
  const end = [UNTIL, isin];
  if (restriction !== 'none' && until !== '') document.setIn(end, until);
  else if (document.hasIn(end)) document.deleteIn(end);
  removeWhereEmpty(document, [UNTIL]);
  return written(document);
}

/** Fractions by ISIN. */
export function targetsIn(text: string): ReadonlyMap<string, number> {
  const stored = plainOf(read(text)) as { targets?: { securities?: Record<string, number> } };
  return new Map(Object.entries(stored.targets?.securities ?? {}));
}

export function restrictionOf(text: string, isin: string): Restriction {
  const document = read(text);
  return restrictions.find((list) => isinsIn(document, list).includes(isin)) ?? 'none';
}

/** ISINs in any of the lists. */
export function restrictedIn(text: string): readonly string[] {
  const document = read(text);
  return restrictions.flatMap((list) => isinsIn(document, list));
}

/** Last day of what holds back a security; empty where none is stated. */
export function restrictedUntil(text: string, isin: string): string {
  const days = (plainOf(read(text)) as { restrictedUntil?: Record<string, unknown> })[UNTIL];
  return String(days?.[isin] ?? '');
}

function add(document: Document, list: string, isin: string): void {
  if (document.has(list)) document.addIn([list], isin);
  else document.set(list, document.createNode([isin]));
}

function isinsIn(document: Document, list: string): string[] {
  const stored = (plainOf(document) as Record<string, unknown>)[list];
  return Array.isArray(stored) ? stored.map(String) : [];
}

function plainOf(document: Document): unknown {
  return document.toJS() ?? {};
}

/** @throws Failure INVALID_REQUEST where the stored text is no YAML */
function read(text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw invalidRequest({ field: 'document', message: 'is no YAML; change it as text' });
  if (document.contents === null) document.contents = document.createNode({}) as never;
  return document as Document;
}

function removeWhereEmpty(document: Document, path: readonly string[]): void {
  const value = path.reduce<unknown>(
    (inner, name) => (inner as Record<string, unknown> | undefined)?.[name],
    plainOf(document),
  );
  if (value !== null && typeof value === 'object' && Object.keys(value).length === 0)
    document.deleteIn(path);
}

/** Empty where nothing is left but `{}`. */
function written(document: Document): string {
  const isBare = !document.commentBefore && !document.comment;
  const isEmpty = Object.keys(plainOf(document) as object).length === 0;
  return isEmpty && isBare ? '' : document.toString();
}
