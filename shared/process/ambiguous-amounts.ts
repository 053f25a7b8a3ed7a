/**
 * Amounts of a YAML file that two readers read differently: `1.000` is one for YAML, and a thousand for whoever writes
 * decimal commas. The parser keeps the number alone, so that its text is looked at here.
 */
import { isPair, isScalar, parseDocument, visit } from 'yaml';
import { invalidRequest } from '#shared/kernel/failure.ts';

const GROUPED = /^[1-9]\d{0,2}(?:\.\d{3})+$/;

/**
 * @param field that names the text in complaints
 * @param names of keys that hold amounts
 * @throws Failure INVALID_REQUEST with every such amount, each as `field.path.to.value`
 */
export function requireClearAmounts(text: string, field: string, names: ReadonlySet<string>): void {
  const found: { field: string; message: string }[] = [];
  visit(parseDocument(text), {
    Pair: (_, { key, value }, above) => {
      const name = nameOf(key);
      if (!names.has(name) || !isScalar(value) || !GROUPED.test(value.source ?? '')) return;
      if (typeof value.value !== 'number') return;
      const path = above.flatMap((node) => (isPair(node) ? nameOf(node.key) : []));
      const plain = value.value.toFixed(value.value % 1 === 0 ? 0 : 2);
      const thousands = String(value.source).replaceAll('.', '');
      found.push({
        field: [field, ...path, name].join('.'),
        message: `"${value.source}" may be ${plain} or ${thousands}; write which of them`,
      });
    },
  });
  if (found.length > 0) throw invalidRequest(...found);
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}
