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
  readonly isQuiet: readonly Readonly<Record<string, string>>[];
}

const PROCESS = '{instance="a:1",job="arduino-trader"}';
const FUNCTION = '{function_name="x.openfaas-fn",instance="a:1",code="500"}';

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
    // The gateway shows each function's series from 0 on: one that begins with its first failures does not increase by them.
    expr: 'sum by (function_name) (increase(gateway_function_invocation_total{code=~"500|502|504"}[2m])) > 2',
    forSeconds: 0,
    severity: 'warning',
    summary:
      'A function crashes, does not end in time, or fails by an error of its own, again and again.',
    runbook: 'function-fails',
    fires: { [`gateway_function_invocation_total${FUNCTION}`]: '1+3x70' },
    labels: { function_name: 'x.openfaas-fn' },
    isQuiet: [
      { [`gateway_function_invocation_total${FUNCTION}`]: '9+0x70' },
      { [`gateway_function_invocation_total${FUNCTION.replace('500', '404')}`]: '1+9x70' },
      // What it needs is away, which alerts of their own say.
      { [`gateway_function_invocation_total${FUNCTION.replace('500', '503')}`]: '1+9x70' },
    ],
  },
];
