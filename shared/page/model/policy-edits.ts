/** Changes of a policy's text that keep everything else as its owner wrote it, comments included. */
import { Document, parseDocument } from 'yaml';
import { invalidRequest } from '#shared/kernel/failure.ts';

/** The lists of a policy that hold back a security; `none` takes it from all of them. */
export const restrictions = ['excluded', 'sellOnly', 'frozen'] as const;
export type Restriction = (typeof restrictions)[number] | 'none';

/** @param weights fractions by ISIN; without any, the objective decides again */
export function withTargets(text: string, weights: ReadonlyMap<string, number>): string {
  const document = read(text);
  const path = ['targets', 'securities'];
  if (weights.size > 0) document.setIn(path, document.createNode(Object.fromEntries(weights)));
  else document.deleteIn(path);
  if (weights.size > 0) document.delete('objective');
  removeWhereEmpty(document, 'targets');
  return written(document);
}

export function withRestriction(text: string, isin: string, restriction: Restriction): string {
  const document = read(text);
  for (const list of restrictions) {
    const others = isinsIn(document, list).filter((one) => one !== isin);
    const next = list === restriction ? [...others, isin] : others;
    if (next.length > 0) document.set(list, document.createNode(next));
    else document.delete(list);
  }
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
  return document.contents === null ? new Document({}) : (document as Document);
}

function removeWhereEmpty(document: Document, name: string): void {
  const value = (plainOf(document) as Record<string, unknown>)[name];
  if (value !== null && typeof value === 'object' && Object.keys(value).length === 0)
    document.delete(name);
}

function written(document: Document): string {
  return Object.keys(plainOf(document) as object).length === 0 ? '' : document.toString();
}
