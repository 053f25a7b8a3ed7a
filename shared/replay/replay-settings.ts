/** Settings that a policy of a replay may state: those that orders are planned, checked and filled under. */
import { Failure, type FieldViolation } from '#shared/kernel/failure.ts';
import { parseSettings, settingTable, type Environment } from '#shared/process/settings.ts';

const names = new Set<string>(Object.values(settingTable).map(({ env }) => env));

/** Processes, stores, sources and notices; a replay has none of them. */
const OUTSIDE =
  /^(ALPACA_|ASYNC_|BROKER|CLAIM_|CONNECTOR_METRICS_|DATA_DIR|DEVICE_|EMBEDDED_|FACADE_|GATEWAY_|GRPC_|IBKR_|LIVE_|LOG_|MARKET_DATA|NOTICE_|PLAN_INPUT_|POLICY_|READ_|REDIS_|SECURITIES_|SERVICES_|STACK_|STATE_|TRADERNET_|TRADING_CYCLE_)/;

const stated: Readonly<Record<string, string>> = {
  BASE_CURRENCY: 'is stated as currency of the policy',
  PAPER_OPENING_CASH: 'is stated as capital of the policy',
};

/** One for each setting that is unknown, of no use in a replay, or wrong. */
export function settingComplaints(settings: Environment): readonly FieldViolation[] {
  return Object.entries(settings).flatMap(([field, value]) => {
    const message = unfitness(field) ?? fault(field, value);
    return message === undefined ? [] : [{ field, message }];
  });
}

function fault(name: string, value: string | undefined): string | undefined {
  try {
    parseSettings({ [name]: value });
    return undefined;
  } catch (thrown) {
    return Failure.from(thrown).message.replace(`${name}: `, '');
  }
}

function unfitness(name: string): string | undefined {
  if (!names.has(name)) return 'is no setting of docs/operate/settings.md';
  return OUTSIDE.test(name) ? 'has no effect in a replay' : stated[name];
}
