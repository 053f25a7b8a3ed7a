/** Who calls whom as one SVG that stands alone: callers on the left, what they call on the right. */
import { escapedHtml } from '#shared/kernel/text.ts';

export interface DependencyLine {
  readonly caller: string;
  readonly callee: string;
  readonly calls: number;
  readonly failures: number;
  readonly meanMs: number;
  readonly declared: boolean;
}

const WIDTH = 860;
const ROW = 22;
const BOX = 18;
const TOP = 44;
const LEFT = { x: 10, width: 270 };
const RIGHT = { x: 580, width: 270 };
const STROKE_MAX = 6;
/** Attributes and no style sheet, which the page's policy refuses; colours that show on light and on dark. */
const STROKES = {
  well: 'stroke="#829ab1" stroke-opacity="0.6"',
  failed: 'stroke="#d97706" stroke-dasharray="6 3"',
  undeclared: 'stroke="#d62828"',
} as const;
const TEXT = 'font-family="system-ui, sans-serif" font-size="12" fill="currentColor"';
const RECT = 'fill="none" stroke="currentColor" stroke-opacity="0.4"';

/** What an operation answers of a pair: counts are text in JSON. */
export interface DependencyFigures extends Omit<DependencyLine, 'calls' | 'failures'> {
  readonly calls: string;
  readonly failures: string;
}

export function lineOfDependency(one: DependencyFigures): DependencyLine {
  return { ...one, calls: Number(one.calls), failures: Number(one.failures) };
}

/** @returns text of an SVG document; undeclared calls are red, those that failed are dashed */
export function dependencyPicture(lines: readonly DependencyLine[]): string {
  const callers = placesOf(lines.map(({ caller }) => caller));
  const callees = placesOf(lines.map(({ callee }) => callee));
  const height = TOP + Math.max(callers.size, callees.size, 1) * ROW + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapedHtml(sentence(lines))}">
<text ${TEXT} font-weight="600" x="${LEFT.x}" y="24">Callers</text>
<text ${TEXT} font-weight="600" x="${RIGHT.x}" y="24">What they call</text>
${lines.map((line) => lineOf(line, callers, callees)).join('\n')}
${boxes(LEFT, callers)}
${boxes(RIGHT, callees)}
</svg>
`;
}

/** Names in the order of the alphabet, so that two pictures can be compared, with their heights. */
function placesOf(names: readonly string[]): ReadonlyMap<string, number> {
  const sorted = [...new Set(names)].sort((a, b) => a.localeCompare(b));
  return new Map(sorted.map((name, row) => [name, TOP + row * ROW + BOX / 2]));
}

function boxes({ x, width }: typeof LEFT, places: ReadonlyMap<string, number>): string {
  return [...places]
    .map(
      ([name, y]) =>
        `<rect ${RECT} x="${x}" y="${y - BOX / 2}" width="${width}" height="${BOX}" rx="4"/><text ${TEXT} x="${x + 8}" y="${y + 4}">${escapedHtml(name)}</text>`,
    )
    .join('\n');
}

function lineOf(
  line: DependencyLine,
  callers: ReadonlyMap<string, number>,
  callees: ReadonlyMap<string, number>,
): string {
  const [y1, y2] = [callers.get(line.caller) ?? 0, callees.get(line.callee) ?? 0];
  const [x1, x2] = [LEFT.x + LEFT.width, RIGHT.x];
  const middle = (x1 + x2) / 2;
  const width = Math.min(STROKE_MAX, 1 + Math.log10(Math.max(1, line.calls)));
  return `<path class="${stateOf(line)}" fill="none" ${STROKES[stateOf(line)]} stroke-width="${width.toFixed(1)}" d="M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}"><title>${escapedHtml(textOf(line))}</title></path>`;
}

function stateOf({ declared, failures }: DependencyLine): keyof typeof STROKES {
  if (!declared) return 'undeclared';
  return failures > 0 ? 'failed' : 'well';
}

function textOf({ caller, callee, calls, failures, meanMs, declared }: DependencyLine): string {
  const failed = failures > 0 ? `, ${failures} failed` : '';
  const wrong = declared ? '' : ', not declared';
  return `${caller} → ${callee}: ${calls} calls${failed}, ${meanMs.toFixed(1)} ms on average${wrong}`;
}

function sentence(lines: readonly DependencyLine[]): string {
  const wrong = lines.filter(({ declared }) => !declared);
  const count = `${lines.length} dependencies`;
  if (wrong.length === 0) return `${count}, all declared.`;
  const names = wrong.map(({ caller, callee }) => `${caller} → ${callee}`);
  return `${count}; not declared: ${names.join(', ')}.`;
}
