/** A picture of what depends on what, from live health: gateway, services by board, and what they need. */
import type { OverviewService } from '#protos/gen/overview.ts';
import { html, type Html } from './html.ts';

/** In units of the picture, which is as wide as a phone. */
const WIDTH = 360;
const ROW = 28;
const BOX = 22;
const GATEWAY = { x: 4, width: 74 };
const SERVICE = { x: 128, width: 104 };
const SOURCE = { x: 282, width: 74 };

interface Node {
  readonly name: string;
  readonly y: number;
  readonly isWell: boolean;
}

interface Board {
  readonly name: string;
  readonly y: number;
  readonly nodes: readonly Node[];
}

/** @param sources names of the broker and of the source of prices */
export function serviceMap(
  services: readonly OverviewService[],
  sources: { readonly broker: string; readonly prices: string },
): Html {
  const boards = boardsOf(services);
  const nodes = boards.flatMap((board) => board.nodes);
  const height = (services.length + boards.length) * ROW + 8;
  const middle = height / 2;
  const needs = [
    { name: sources.prices, what: 'Prices', y: middle - 3 * ROW, of: ['universe'] },
    { name: 'Redis', what: 'State', y: middle, of: nodes.map(({ name }) => name) },
    { name: sources.broker, what: 'Broker', y: middle + 3 * ROW, of: ['trading', 'portfolio'] },
  ];
  const lines = needs.flatMap(({ y, of }) =>
    nodes.filter(({ name }) => of.includes(name)).map((node) => lineTo(node, y)),
  );
  return html`<svg
    class="map"
    viewBox="0 0 ${WIDTH} ${height}"
    role="img"
    aria-label="${sentence(nodes)}"
  >
    ${nodes.map((node) => lineFrom(node, middle))}${lines}
    ${box(GATEWAY, { name: 'Gateway', y: middle, isWell: true })}
    ${boards.map(({ name, y }) => html`<text class="board" x="${SERVICE.x}" y="${y + 4}">${name}</text>`)}
    ${nodes.map((node) => box(SERVICE, node))}
    ${needs.map(({ what, y }) => html`<text class="board" x="${SOURCE.x}" y="${y - BOX / 2 - 4}">${what}</text>`)}
    ${needs.map(({ name, y }) => box(SOURCE, { name, y, isWell: true }))}
  </svg>`;
}

function boardsOf(services: readonly OverviewService[]): Board[] {
  const names = [...new Set(services.map(({ board }) => board))];
  let row = 0;
  return names.map((name) => {
    const y = yOf(row++);
    const nodes = services
      .filter(({ board }) => board === name)
      .map((one) => ({ name: one.name, y: yOf(row++), isWell: one.healthy }));
    return { name: name === '' ? 'This machine' : name, y, nodes };
  });
}

function yOf(row: number): number {
  return row * ROW + ROW / 2 + 4;
}

function box({ x, width }: typeof GATEWAY, { name, y, isWell }: Node): Html {
  return html`<g class="${isWell ? 'well' : 'ill'}"
    ><rect x="${x}" y="${y - BOX / 2}" width="${width}" height="${BOX}" rx="5" /><text
      x="${x + 7}"
      y="${y + 4}"
      >${isWell ? '' : '! '}${name}</text
    ></g
  >`;
}

function lineFrom({ y, isWell }: Node, gatewayY: number): Html {
  return curve(GATEWAY.x + GATEWAY.width, gatewayY, SERVICE.x, y, isWell);
}

function lineTo({ y, isWell }: Node, sourceY: number): Html {
  return curve(SERVICE.x + SERVICE.width, y, SOURCE.x, sourceY, isWell);
}

function curve(x1: number, y1: number, x2: number, y2: number, isWell: boolean): Html {
  const middle = (x1 + x2) / 2;
  return html`<path
    class="${isWell ? 'well' : 'ill'}"
    d="M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}"
  />`;
}

function sentence(nodes: readonly Node[]): string {
  const unhealthy = nodes.filter(({ isWell }) => !isWell).map(({ name }) => name);
  const count = `${nodes.length - unhealthy.length} of ${nodes.length} services work`;
  return unhealthy.length === 0 ? `${count}.` : `${count}; not ${unhealthy.join(', ')}.`;
}
