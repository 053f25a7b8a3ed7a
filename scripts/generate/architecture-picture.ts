/** The ladder of rooms beside the services and their operations, as one SVG; light and dark. */
import { readFileSync } from 'node:fs';
import { operationsOf } from '#shared/contract/catalogue.ts';
import { portOffsets, serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { escapedHtml } from '#shared/kernel/text.ts';

const GRPC_PORT_BASE = 50_051;
const ROW = 22;
const LADDER_WIDTH = 330;
const LADDER_LEFT = 20;
const SERVICES_LEFT = 400;
const SERVICE_WIDTH = 300;
const GAP = 14;
const TOP = 64;
const COLUMNS = 2;

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1c2733 }
    .title { font-size: 15px; font-weight: 600 }
    .note { fill: #52606d }
    .room { fill: #eef3f8; stroke: #9fb3c8 }
    .service { fill: #f7f9fb; stroke: #486581 }
    .writes { fill: #0b5394 } .trades { fill: #a61b1b }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .note { fill: #9fb3c8 }
      .room { fill: #1b2733; stroke: #52606d } .service { fill: #16202b; stroke: #829ab1 }
      .writes { fill: #7cb7f5 } .trades { fill: #ff9b9b }
    }`;

export function architecturePicture(): string {
  const ladder = JSON.parse(readFileSync('ladder.json', 'utf8')) as readonly string[];
  const services = servicesPicture();
  const height = TOP + Math.max(ladder.length * (ROW + 4), services.height) + 20;
  const width = SERVICES_LEFT + COLUMNS * (SERVICE_WIDTH + GAP) + 6;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t d">
  <!-- Generated from ladder.json and the catalogue by \`npm run generate\`; do not edit. -->
  <title id="t">Architecture of Arduino Trader</title>
  <desc id="d">Left: the folders, each reaching only those above it. Right: the services with their gRPC ports and operations.</desc>
  <style>${STYLE}
  </style>
${text(LADDER_LEFT, 26, 'Rooms', 'title')}
${text(LADDER_LEFT, 46, 'a folder reaches only those above it', 'note')}
${text(SERVICES_LEFT, 26, 'Services, each operation a function', 'title')}
  <text x="${SERVICES_LEFT}" y="46" class="note">reads · <tspan class="writes">writes</tspan> · <tspan class="trades">trades</tspan></text>
${ladder.map(room).join('\n')}
${services.lines.join('\n')}
</svg>
`;
}

function room(folder: string, index: number): string {
  const y = TOP + index * (ROW + 4);
  const depth = folder.split('/').length - 1;
  const x = LADDER_LEFT + depth * 14;
  return `${box(x, y, LADDER_WIDTH - depth * 14, ROW, 'room')}\n${text(x + 10, y + 15, `${folder}/`)}`;
}

function servicesPicture(): { lines: readonly string[]; height: number } {
  const bottoms = new Array<number>(COLUMNS).fill(TOP);
  const lines = serviceNames.flatMap((service) => {
    const column = bottoms.indexOf(Math.min(...bottoms));
    const y = bottoms[column] ?? TOP;
    const drawn = servicePicture(service, SERVICES_LEFT + column * (SERVICE_WIDTH + GAP), y);
    bottoms[column] = y + drawn.height + GAP;
    return drawn.lines;
  });
  return { lines, height: Math.max(...bottoms) - TOP };
}

function servicePicture(service: ServiceName, x: number, y: number) {
  const operations = operationsOf(service);
  const height = 34 + operations.length * 18;
  const lines = [
    box(x, y, SERVICE_WIDTH, height, 'service'),
    text(x + 12, y + 20, `${service} · gRPC ${GRPC_PORT_BASE + portOffsets[service]}`, 'title'),
    ...operations.map(({ name, effect }, i) => text(x + 12, y + 40 + i * 18, name, effect)),
  ];
  return { lines, height };
}

function box(x: number, y: number, width: number, height: number, kind: string): string {
  return `  <rect x="${x}" y="${y}" width="${width}" height="${height}" rx="5" class="${kind}"/>`;
}

function text(x: number, y: number, words: string, kind?: string): string {
  return `  <text x="${x}" y="${y}"${kind === undefined ? '' : ` class="${kind}"`}>${escapedHtml(words)}</text>`;
}
