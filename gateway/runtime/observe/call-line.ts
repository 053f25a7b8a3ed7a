/** The line of one call. Its text is made when somebody reads it: of most lines nobody does. */
import type { EndedCall } from './ended-call.ts';
import type { KeptLine } from './line-ring.ts';
import { printable } from './printed-lines.ts';

const PATH_LENGTH_MAX = 512;
/** What the text has beside path, method and id: blanks, status, and seconds up to a day. */
const FURTHER_CHARACTERS = 26;

export class CallLine implements KeptLine {
  readonly atMs: number;
  readonly instance: string;
  readonly characters: number;
  private readonly callId: string;
  private readonly method: string;
  private readonly path: string;
  private readonly status: number;
  private readonly seconds: number;

  constructor(
    atMs: number,
    instance: string,
    { callId, method, path, status, seconds }: EndedCall,
  ) {
    this.atMs = atMs;
    this.instance = instance;
    this.callId = callId;
    this.method = method;
    this.path = path.length > PATH_LENGTH_MAX ? path.slice(0, PATH_LENGTH_MAX) : path;
    this.status = status;
    this.seconds = seconds;
    this.characters = FURTHER_CHARACTERS + method.length + this.path.length + callId.length;
  }

  get text(): string {
    const { method, path, status, seconds, callId } = this;
    return `${method} ${printable(path)} - ${status} - ${seconds.toFixed(6)}s [${callId}]`;
  }
}
