/** Conversion between settings and policy. */
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Settings } from '#shared/process/settings.ts';
import type { EffectivePolicy } from '../model/policy/policy.ts';

/** The values in force where a policy states none. */
export function defaultPolicy(settings: Settings): EffectivePolicy {
  return {
    objective: settings.objective,
    riskAversion: settings.riskAversion,
    excluded: [],
    sellOnly: [],
    frozen: [],
    restrictedUntil: {},
    limits: {
      securityMaxRatio: settings.weightMaxRatio,
      sectorMaxRatio: settings.sectorMaxRatio,
      countryMaxRatio: settings.countryMaxRatio,
      currencyMaxRatio: 1,
      securities: {},
      sectors: {},
      countries: {},
      currencies: {},
    },
    cash: {
      reserveRatio: settings.cashReserveRatio,
      reserveAmount: '0',
      monthlyDeposit: settings.monthlyDeposit.toString(),
    },
    band: { totalRatio: settings.driftBandRatio, positionRatio: settings.positionBandRatio },
    orders: {
      minimum: settings.minimumOrder.toString(),
      maximumRatio: settings.maximumOrderRatio,
      dayTurnoverMaxRatio: settings.dayTurnoverMaxRatio,
      perDayMax: settings.ordersPerDayMax,
      perPlanMax: settings.planOrdersMax,
      switchingMarginRatio: settings.planMarginRatio,
      cooldownDays: settings.cooldownDays,
      minimumHoldDays: settings.minimumHoldDays,
      fractionalShares: true,
    },
    tax: {
      lotMethod: settings.lotMethod,
      gainRatio: 0,
      dividendRatio: 0,
      allowance: '0',
      yearStartsOn: '01-01',
      holdingPeriods: [],
      lossesOffsetGains: true,
      lossesCarriedForward: true,
      washSaleDays: 0,
    },
    trust: { level: settings.liveTrading === 'on' ? 'ask' : 'paper', sales: true },
  };
}

/** The settings with those that a policy decides taken from it. */
export function settingsUnder(policy: EffectivePolicy, settings: Settings): Settings {
  const { limits, cash, band, orders, tax } = policy;
  return {
    ...settings,
    objective: policy.objective,
    riskAversion: policy.riskAversion,
    weightMaxRatio: limits.securityMaxRatio,
    sectorMaxRatio: limits.sectorMaxRatio,
    countryMaxRatio: limits.countryMaxRatio,
    cashReserveRatio: cash.reserveRatio,
    monthlyDeposit: Decimal.parse(cash.monthlyDeposit),
    driftBandRatio: band.totalRatio,
    positionBandRatio: band.positionRatio,
    minimumOrder: Decimal.parse(orders.minimum),
    maximumOrderRatio: orders.maximumRatio,
    dayTurnoverMaxRatio: orders.dayTurnoverMaxRatio,
    ordersPerDayMax: orders.perDayMax,
    planOrdersMax: orders.perPlanMax,
    planMarginRatio: orders.switchingMarginRatio,
    cooldownDays: orders.cooldownDays,
    minimumHoldDays: orders.minimumHoldDays,
    lotMethod: tax.lotMethod,
  };
}
