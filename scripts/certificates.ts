/** Makes, renews and shows the certificates of the boards: `npm run certificates -- …`. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { DAY_MS, instantOf, isoText, type Instant } from '#shared/kernel/instant.ts';
import { CertificateStore, type BoardCertificate } from './certificates/store.ts';

const USAGE = `Usage: npm run certificates -- COMMAND [--dir DIR]

  ca                              make the CA; once
  board NAME [--san NAME_OR_IP]…  make a board's certificate, with further names of the board
  renew [--all]                   make the next one where two thirds of the life are over
  show                            list CA and boards

DIR is DATA_DIR/certificates unless given.
`;
const CA_NOTICE_MS = 365 * DAY_MS;

async function run(argv: readonly string[], now: Instant): Promise<string> {
  const { positionals, values } = read(argv);
  const dir = values.dir ?? join(process.env['DATA_DIR'] || './data', 'certificates');
  const store = new CertificateStore(dir);
  const [command, name, ...rest] = positionals;
  if (rest.length > 0 || (command === 'board') !== (name !== undefined)) return wrong();
  switch (command) {
    case 'ca':
      await store.createAuthority(now);
      return `CA made in ${join(dir, 'ca')}. Keep a copy of that folder where no network reaches.`;
    case 'board':
      return made(dir, await store.issue({ name: name ?? '', sans: values.san ?? [] }, now));
    case 'renew':
      return renewed(dir, await store.renew(now, values.all));
    case 'show':
      return show(store, now);
    default:
      return wrong();
  }
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        san: { type: 'string', multiple: true },
        all: { type: 'boolean', default: false },
      },
    });
  } catch (thrown) {
    throw invalidRequest({ field: 'arguments', message: (thrown as Error).message });
  }
}

function wrong(): never {
  throw new Failure('INVALID_REQUEST', USAGE);
}

function made(dir: string, { name, notAfter }: BoardCertificate): string {
  const at = join(dir, name, 'current');
  return [
    `Certificate of ${name}, valid until ${isoText(notAfter)}:`,
    `  GRPC_TLS_CERT=${join(at, 'cert.pem')}`,
    `  GRPC_TLS_KEY=${join(at, 'key.pem')}`,
    `  GRPC_TLS_CA=${join(at, 'ca.pem')}`,
  ].join('\n');
}

function renewed(dir: string, boards: readonly BoardCertificate[]): string {
  if (boards.length === 0) return 'Nothing is due.';
  return boards.map((board) => made(dir, board)).join('\n');
}

async function show(store: CertificateStore, now: Instant): Promise<string> {
  const ca = await store.authority();
  const caEnd = Date.parse(ca.validTo);
  const hint = caEnd - now < CA_NOTICE_MS ? ', change it soon (docs/operate/certificates.md)' : '';
  const caLine = `CA  ${ca.serialNumber.toLowerCase()}  until ${new Date(caEnd).toISOString()}${hint}`;
  const lines = (await store.boards(now)).map(({ name, serial, notAfter, isDue, sans }) => {
    const days = Math.floor((notAfter - now) / DAY_MS);
    const state = days < 0 ? 'expired' : isDue ? 'renewal due' : 'good';
    return `${name}  ${serial}  until ${isoText(notAfter)} (${days} days, ${state})  ${sans.join(' ')}`;
  });
  return [caLine, ...lines].join('\n');
}

try {
  console.log(await run(process.argv.slice(2), instantOf(Date.now())));
} catch (thrown) {
  console.error(thrown instanceof Failure ? thrown.message : thrown);
  process.exitCode = 1;
}
