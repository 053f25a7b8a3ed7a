/** What a call was about, for its line in the audit: the one thing that its request names. */

/** Of these fields the first that is there; none of them holds a secret or an amount. */
const FIELDS = [
  ...['planId', 'tradeId', 'lineId', 'jobName', 'state', 'level', 'channel', 'isin', 'symbol'],
];
const CHARACTERS_MAX = 128;

/** @returns empty where the request names nothing of that kind */
export function subjectOf(request: unknown): string {
  if (typeof request !== 'object' || request === null) return '';
  const fields = request as Readonly<Record<string, unknown>>;
  const named = FIELDS.map((field) => fields[field]).find(
    (value) => typeof value === 'string' && value !== '',
  );
  if (typeof named === 'string') return named.slice(0, CHARACTERS_MAX);
  return subjectOf(fields['action']);
}
