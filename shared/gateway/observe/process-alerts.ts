/**
 * Conditions that only a Prometheus sees: a process that does not answer, or answers late, cannot report itself. The
 * rules for Prometheus are generated from this table, beside those of `alertTable`.
 */
import type { Severity } from './alert-table.ts';

export interface ProcessAlert {
  readonly name: string;
  readonly expr: string;
  /** How long it lasts before Prometheus fires. */
  readonly forSeconds: number;
  readonly severity: Severity;
  /** The condition, as a sentence. */
  readonly summary: string;
  /** Page of docs/runbooks, without its ending. */
  readonly runbook: string;
  /** Series, a value a minute, with which it fires, and with which labels; and series with which it does not. */
  readonly fires: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** More with which it fires, with the same labels. */
  readonly alsoFires?: readonly Readonly<Record<string, string>>[];
  readonly isQuiet: readonly Readonly<Record<string, string>>[];
}

const PROCESS = '{instance="a:1",job="arduino-trader"}';
const FAILURES = 'gateway_function_invocation_total{code=~"500|502|504"}';
const FUNCTION = '{function_name="x.openfaas-fn",instance="a:1",code="500"}';

const COUNTED = `gateway_function_invocation_total${FUNCTION}`;
const UP = 'up{instance="a:1"}';

export const processAlerts: readonly ProcessAlert[] = [
  {
    name: 'TraderStateMetricsMissing',
    expr: 'trader_state_up == 0 or absent(trader_state_up)',
    forSeconds: 20,
    severity: 'critical',
    summary: 'The metrics of the state cannot be read.',
    runbook: 'metrics-missing',
    fires: {},
    isQuiet: [{ trader_state_up: '1+0x70' }],
  },
  {
    name: 'TraderProcessAway',
    expr: 'up{job="arduino-trader"} == 0',
    forSeconds: 20,
    severity: 'critical',
    summary: 'A process of the system does not answer.',
    runbook: 'board-away',
    fires: { [`up${PROCESS}`]: '0+0x70' },
    labels: { instance: 'a:1', job: 'arduino-trader' },
    isQuiet: [{ [`up${PROCESS}`]: '1+0x70' }, { 'up{job="other"}': '0+0x70' }],
  },
  {
    name: 'TraderProcessRestarts',
    // One that ends again and again is up at most scrapes, or never away for long enough.
    expr: 'changes(process_start_time_seconds{job="arduino-trader"}[3m]) > 1',
    forSeconds: 0,
    severity: 'critical',
    summary: 'A process of the system ends and is started again and again.',
    runbook: 'process-restarts',
    fires: { [`process_start_time_seconds${PROCESS}`]: '100+0x58 3500 3560' },
    labels: { instance: 'a:1', job: 'arduino-trader' },
    isQuiet: [
      { [`process_start_time_seconds${PROCESS}`]: '100+0x70' },
      // Once, as for a new version; and away meanwhile.
      { [`process_start_time_seconds${PROCESS}`]: '100+0x58 3500+0x10' },
      { [`process_start_time_seconds${PROCESS}`]: '100+0x50 _x8 3500+0x10' },
    ],
  },
  {
    name: 'TraderBoardNotCalled',
    expr: 'trader_breaker_open == 1',
    forSeconds: 0,
    severity: 'critical',
    summary: 'A board did not answer several times, and is not called.',
    runbook: 'board-away',
    fires: { 'trader_breaker_open{device="far"}': '1+0x70' },
    labels: { device: 'far' },
    isQuiet: [{ 'trader_breaker_open{device="far"}': '0+0x70' }],
  },
  {
    name: 'TraderEventLoopStalled',
    expr: 'nodejs_eventloop_lag_max_seconds > 2',
    forSeconds: 0,
    severity: 'warning',
    summary: 'A process was busy or stopped for more than two seconds, and answered nobody.',
    runbook: 'process-stalled',
    fires: { [`nodejs_eventloop_lag_max_seconds${PROCESS}`]: '3+0x70' },
    labels: { instance: 'a:1', job: 'arduino-trader' },
    isQuiet: [{ [`nodejs_eventloop_lag_max_seconds${PROCESS}`]: '1+0x70' }],
  },
  {
    name: 'TraderFunctionFails',
    // What begins does not increase by its first value: our gateway shows each function's series from 0 on, that of
    // OpenFaaS from the first failure. Of a gateway that was not scraped before, old failures are not told from new ones.
    expr:
      `sum by (function_name) (increase(${FAILURES}[2m])) > 2 or ` +
      `sum by (function_name) ((${FAILURES} unless ${FAILURES} offset 2m) and on (instance, job) (up offset 2m == 1)) > 2`,
    forSeconds: 0,
    severity: 'warning',
    summary:
      'A function crashes, does not end in time, or fails by an error of its own, again and again.',
    runbook: 'function-fails',
    fires: { [COUNTED]: '1+3x70' },
    labels: { function_name: 'x.openfaas-fn' },
    alsoFires: [
      // The gateway was started again meanwhile, and counts from 0.
      { [COUNTED]: '50+0x57 0 4 8+0x10' },
      // A series that begins with its first failures.
      { [COUNTED]: '_x59 5+0x10', [UP]: '1+0x70' },
    ],
    isQuiet: [
      { [COUNTED]: '9+0x70' },
      { [COUNTED]: '50+0x58 0+0x10' },
      { [COUNTED]: '50+0x58 2+0x10' },
      // Prometheus was away, or is new, and finds what was counted before.
      { [COUNTED]: '9+0x40 _x18 9+0x10', [UP]: '1+0x40 _x18 1+0x10' },
      { [COUNTED]: '_x59 9+0x10', [UP]: '_x59 1+0x10' },
      { [`gateway_function_invocation_total${FUNCTION.replace('500', '404')}`]: '1+9x70' },
      // What it needs is away, which alerts of their own say.
      { [`gateway_function_invocation_total${FUNCTION.replace('500', '503')}`]: '1+9x70' },
    ],
  },
];
