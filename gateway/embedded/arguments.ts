/** What may follow `npm start --`. */
import { parseArgs } from 'node:util';

export interface Arguments {
  /** End after one trading cycle. */
  readonly once: boolean;
  /** Send no order. */
  readonly dryRun: boolean;
  /** One JSON document on stdout, everything else on stderr. */
  readonly json: boolean;
  /** The full plan, and the log on stderr. */
  readonly verbose: boolean;
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly given: Arguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

export const USAGE = `Usage: npm start -- [--once] [--dry-run] [--json] [--verbose] [--help]

Starts everything on this machine, runs one trading cycle, and stays up until Ctrl-C.

  --once     end after the cycle; exit code 1 when it failed
  --dry-run  plan and check, but send no order
  --json     print one JSON document on stdout; progress goes to stderr
  --verbose  explain every order, and write the log to stderr as well as to DATA_DIR/log
  --help     print this

Settings come from the environment; docs/operate/settings.md lists them, docs/start.md the exit codes.
`;

export function parseArguments(argv: readonly string[]): ParsedArguments {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        once: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const { once, json, verbose, 'dry-run': dryRun } = values;
    return { kind: 'run', given: { once, dryRun, json, verbose } };
  } catch (thrown) {
    const [message = ''] = (thrown as Error).message.split('. ');
    return { kind: 'wrong', message };
  }
}
