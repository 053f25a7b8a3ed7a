/** The state of the system in one sentence: the most urgent finding. */
import type { CalendarEnd } from '#shared/quant/calendars/calendar-ends.ts';

export interface StandingInputs {
  /** Absent where it could not be asked. */
  readonly trading: { readonly state: string; readonly reasons: readonly string[] } | undefined;
  /** Orders whose outcome at the broker is not known. */
  readonly unknownOrders: readonly string[];
  /** Why the account cannot be valued; empty where it can. */
  readonly missing: string;
  readonly services: readonly {
    readonly name: string;
    readonly healthy: boolean;
    readonly status: string;
    readonly board: string;
    readonly remote: boolean;
  }[];
  /** Age in days of the newest price that the value rests on, and the most to trade on. */
  readonly priceAgeDays: number | undefined;
  readonly priceAgeDaysMax: number;
  readonly pricesDay: string;
  /** Exchanges of the universe and of the schedules whose published days end soon or have ended. */
  readonly calendarEnds: readonly CalendarEnd[];
  readonly jobs: readonly {
    readonly name: string;
    readonly status: string;
    readonly lastError: string;
  }[];
  /** Orders of a plan that waits for the owner; 0 where none does. */
  readonly waitingOrders: number;
  readonly isRunning: boolean;
}

export type StandingCode =
  | 'halted'
  | 'reducing'
  | 'outcome-unknown'
  | 'prices-missing'
  | 'board-away'
  | 'prices-old'
  | 'waiting'
  | 'job-failed'
  | 'calendar-ends'
  | 'working'
  | 'healthy';

export interface Standing {
  readonly code: StandingCode;
  readonly message: string;
  /** The others that apply, a sentence each. */
  readonly complaints: readonly string[];
}

type Finding = readonly [code: StandingCode, message: string];

export function standingOf(inputs: StandingInputs): Standing {
  const findings = [
    ...restrictions(inputs),
    ...faults(inputs),
    ...waiting(inputs),
    ...jobs(inputs),
    ...ends(inputs),
  ];
  const [first = wellOf(inputs), ...others] = findings;
  const [code, message] = first;
  return { code, message, complaints: others.map(([, text]) => text) };
}

function wellOf({ isRunning }: StandingInputs): Finding {
  if (isRunning) return ['working', 'A trading cycle runs now.'];
  return ['healthy', 'All is well. Nothing to do.'];
}

function restrictions({ trading }: StandingInputs): Finding[] {
  if (!trading || trading.state === 'ACTIVE') return [];
  const why = trading.reasons.length === 0 ? '' : ` Why: ${trading.reasons.join('; ')}.`;
  return trading.state === 'HALTED'
    ? [['halted', `Trading is stopped; nothing is sent.${why}`]]
    : [['reducing', `Only sales are sent.${why}`]];
}

function faults(inputs: StandingInputs): Finding[] {
  return [...unknownOutcomes(inputs), ...unvalued(inputs), ...away(inputs), ...oldPrices(inputs)];
}

function unknownOutcomes({ unknownOrders }: StandingInputs): Finding[] {
  const [first] = unknownOrders;
  if (first === undefined) return [];
  const text =
    unknownOrders.length === 1
      ? `It is not known whether the order ${first} went through.`
      : `It is not known whether ${unknownOrders.length} orders went through.`;
  return [['outcome-unknown', `${text} The broker is asked; nothing is sent twice.`]];
}

function unvalued({ missing }: StandingInputs): Finding[] {
  return missing === '' ? [] : [['prices-missing', `The account cannot be valued: ${missing}`]];
}

/** A sentence a board, and one for each service that fails at home. */
function away({ services, trading }: StandingInputs): Finding[] {
  const unhealthy = services.filter(({ healthy }) => !healthy);
  const boards = new Map<string, string[]>();
  for (const { name, board, remote } of unhealthy)
    if (remote) boards.set(board, [...(boards.get(board) ?? []), name]);
  const sentences = [
    ...[...boards].map(
      ([board, names]) => `The board ${board} does not answer (${names.join(', ')}).`,
    ),
    ...unhealthy.filter(({ remote }) => !remote).map(({ name, status }) => `${name}: ${status}.`),
    ...(trading ? [] : ['The trading state cannot be asked for.']),
  ];
  return sentences.map((text): Finding => ['board-away', text]);
}

function oldPrices({ priceAgeDays, priceAgeDaysMax, pricesDay }: StandingInputs): Finding[] {
  if (priceAgeDays === undefined || priceAgeDays <= priceAgeDaysMax) return [];
  const text = `Prices are from ${pricesDay}; nothing is traded on prices older than ${priceAgeDaysMax} days.`;
  return [['prices-old', text]];
}

function waiting({ waitingOrders }: StandingInputs): Finding[] {
  if (waitingOrders === 0) return [];
  const orders = waitingOrders === 1 ? 'one order' : `${waitingOrders} orders`;
  return [['waiting', `A plan with ${orders} waits for your answer.`]];
}

/** Said weeks before: what a schedule or an order waits for must not end without a word. */
function ends({ calendarEnds }: StandingInputs): Finding[] {
  return calendarEnds.map(({ exchange, knownTo, to, daysLeft }): Finding => {
    const when = daysLeft < 0 ? `ended on ${knownTo}` : `end on ${knownTo}, in ${daysLeft} days`;
    const after =
      to > knownTo
        ? `holidays after it are estimates (to ${to})`
        : 'nothing is scheduled or sent there after it';
    return [
      'calendar-ends',
      `The published trading days of ${exchange} ${when}; ${after}. Install a version with newer calendars.`,
    ];
  });
}

function jobs({ jobs: all }: StandingInputs): Finding[] {
  return all
    .filter(({ status }) => status === 'failed')
    .map(({ name, lastError }): Finding => [
      'job-failed',
      `The job ${name} failed: ${lastError || 'without a reason'}.`.replace(/\.\.$/, '.'),
    ]);
}
