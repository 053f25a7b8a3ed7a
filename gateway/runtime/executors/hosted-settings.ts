/**
 * What a deployment's environment may not do in a process that hosts its function: choose another broker, market or
 * state, or raise a limit. Both are set where that process is started.
 */
import { invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import type { Decimal } from '#shared/kernel/decimal.ts';
import { parseSettings, settingTable, type Environment } from '#shared/process/settings.ts';
import type { Settings } from '#shared/process/settings.ts';

const fixed = [
  ...(['broker', 'brokerUrl', 'liveTrading', 'tradernetHost', 'ibkrFlexQuery'] as const),
  ...(['ibkrAccount', 'marketData', 'marketDataUrl', 'marketDataReplay', 'baseCurrency'] as const),
  ...(['redisUrl', 'redisKeyPrefix', 'redisDurability', 'redisUnreplicated', 'dataDir'] as const),
] satisfies readonly (keyof Settings)[];

const maxima = [
  ...(['maximumOrderRatio', 'orderValueMax', 'depositMax', 'dayTurnoverMaxRatio'] as const),
  ...(['ordersPerDayMax', 'dayTurnoverMax', 'dayLossMax', 'volumeShareMaxRatio'] as const),
  ...(['priceCollarRatio', 'quoteAgeDaysMax', 'noticeApproveMax'] as const),
] satisfies readonly (keyof Settings)[];

/** 0 switches them off. */
const silences = ['connectorSilenceMaxMs', 'boardSilenceMaxMs', 'priceSilenceMaxHours'] as const;

type Limit = number | Decimal | undefined;

/** @throws Failure INVALID_REQUEST naming every wrong setting, and each that the host does not allow */
export function hostedSettings(host: Environment, own: Environment): Settings {
  const settings = parseSettings(own);
  const allowed = parseSettings(host);
  const violations = [
    ...fixed.filter((name) => textOf(host, name) !== textOf(own, name)).map(changed),
    ...maxima
      .filter((name) => exceeds(settings[name], allowed[name]))
      .map((name) => raised(name, allowed[name])),
    ...silences
      .filter((name) => exceeds(settings[name] || undefined, allowed[name] || undefined))
      .map((name) => raised(name, allowed[name])),
  ];
  if (violations.length > 0) throw invalidRequest(...violations);
  return settings;
}

function textOf(env: Environment, name: keyof Settings): string {
  return env[settingTable[name].env]?.trim() ?? '';
}

/** Undefined: no limit. */
function exceeds(own: Limit, host: Limit): boolean {
  if (host === undefined) return false;
  if (own === undefined) return true;
  if (typeof own === 'number' || typeof host === 'number') return Number(own) > Number(host);
  return own.compare(host) > 0;
}

function changed(name: keyof Settings): FieldViolation {
  return { field: settingTable[name].env, message: 'is set where the gateway is started alone' };
}

function raised(name: keyof Settings, host: Limit): FieldViolation {
  const message = `is at most ${host?.toString() ?? ''}, as the gateway was started with`;
  return { field: settingTable[name].env, message };
}
