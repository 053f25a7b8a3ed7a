/** docs/operate/logs.md is a promise: it has each field that the sources of any process put on a line. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { documentedLogFields } from '../support/log-fields.ts';

const ROOMS = ['shared', 'functions', 'gateway', 'template/node-typescript'];
const LEVELS = ['debug', 'info', 'warn', 'error'];
const documented = documentedLogFields();

function sources(): [string, string][] {
  return ROOMS.flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .map((name): [string, string] => [join(room, name), readFileSync(join(room, name), 'utf8')]),
  );
}

/** `log('info', …)`, `log.info('event', {…})`, `this.log().warn(…)`, `dependencies.log[level](…)` and `log.with({…})`. */
function factsOf(call: ts.CallExpression): ts.Expression | undefined {
  const { expression } = call;
  // Of the template, `log('info', 'event', {…})`.
  if (ts.isIdentifier(expression) && expression.text === 'log') return call.arguments[2];
  if (!ts.isPropertyAccessExpression(expression) && !ts.isElementAccessExpression(expression))
    return undefined;
  const receiver = expression.expression.getText();
  if (!/(^|\.)\w*[lL]og(\(\))?$/.test(receiver)) return undefined;
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : 'level';
  if (name === 'with') return call.arguments[0];
  return LEVELS.includes(name) || name === 'level' ? call.arguments[1] : undefined;
}

/** The names that an object states, also in what it spreads where that is an object. */
function namesIn(node: ts.Node): string[] {
  if (ts.isParenthesizedExpression(node)) return namesIn(node.expression);
  if (ts.isBinaryExpression(node)) return namesIn(node.right);
  if (ts.isConditionalExpression(node))
    return [...namesIn(node.whenTrue), ...namesIn(node.whenFalse)];
  if (!ts.isObjectLiteralExpression(node)) return [];
  return node.properties.flatMap((property) => {
    if (ts.isSpreadAssignment(property)) return namesIn(property.expression);
    return property.name && ts.isIdentifier(property.name) ? [property.name.text] : [];
  });
}

function fieldsIn(file: string, text: string): [string, string][] {
  const found: [string, string][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const facts = factsOf(node);
      if (facts) found.push(...namesIn(facts).map((field): [string, string] => [field, file]));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
}

const written = sources().flatMap(([file, text]) => fieldsIn(file, text));

it('has every field that is written', () => {
  expect(written.length).toBeGreaterThan(100);
  const missing = written.filter(([field]) => !documented.has(field));
  expect(missing).toEqual([]);
});
