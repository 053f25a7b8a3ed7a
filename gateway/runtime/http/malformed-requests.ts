/**
 * Answers what Node's server does not pass to its listener: CONNECT, unknown methods, and malformed
 * requests.
 */
import { METHODS, STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

interface ClientError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
}

const REQUEST_LINE = /^([!-~]+) [!-~]+ HTTP\/1/;

/** The rest of the answers are those that Node gives where nobody listens. */
const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

export function answerMalformedRequests(server: Server): void {
  server.on('connect', (_request, socket) => refuse(socket, 405));
  server.on('clientError', (cause: ClientError, socket) => {
    if (isAnswered(socket)) socket.destroy(cause);
    else refuse(socket, hasUnknownMethod(cause) ? 405 : (STATUS_OF[cause.code ?? ''] ?? 400));
  });
}

function hasUnknownMethod({ code = '', rawPacket }: ClientError): boolean {
  if (!code.startsWith('HPE_')) return false;
  const [, method] = REQUEST_LINE.exec(rawPacket?.toString('latin1') ?? '') ?? [];
  return method !== undefined && !METHODS.includes(method);
}

/** Node keeps the current response of a socket there; one that is partly sent cannot be replaced. */
function isAnswered(socket: Duplex): boolean {
  const { _httpMessage: current } = socket as Duplex & { _httpMessage?: ServerResponse | null };
  return !socket.writable || current?.headersSent === true;
}

function refuse(socket: Duplex, status: number): void {
  socket.on('error', () => undefined);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    () => socket.destroy(),
  );
}
