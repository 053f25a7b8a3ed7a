import { Failure, type FieldViolation } from '#shared/kernel/failure.ts';
import { parseDay } from '#shared/kernel/calendar-day.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import {
  policyBreaches,
  type PolicyAccount,
} from '#shared/portfolio/model/policy/policy-breaches.ts';
import { policyChanges } from '#shared/portfolio/model/policy/policy-changes.ts';
import {
  effectivePolicy,
  endedRestrictions,
  policyOn,
} from '#shared/portfolio/model/policy/policy.ts';
import { defaultPolicy, settingsUnder } from '#shared/portfolio/policy/default-policy.ts';
import { parsePolicy } from '#shared/portfolio/policy/policy-document.ts';
import { parseSettings } from '#shared/process/settings.ts';

const A = parseIsin('US0378331005');
const B = parseIsin('DE0007164600');
const settings = parseSettings({});
const defaults = defaultPolicy(settings);
const under = (text: string) => effectivePolicy(parsePolicy(text, 'document'), defaults);

function complaints(text: string): readonly string[] {
  try {
    parsePolicy(text, 'document');
  } catch (thrown) {
    const violations = Failure.from(thrown).facts['violations'] as readonly FieldViolation[];
    return violations.map(({ field }) => field);
  }
  return [];
}

describe('a policy', () => {
  it('says only what differs from the settings', () => {
    const policy = under(`limits: { sectorMaxRatio: 0.3, sectors: { Energy: 0 } }`);
    expect(policy).toEqual({
      ...defaults,
      limits: { ...defaults.limits, sectorMaxRatio: 0.3, sectors: { Energy: 0 } },
    });
    expect(policyChanges(defaults, policy)).toEqual([
      { field: 'limits.sectorMaxRatio', before: '0.4', after: '0.3' },
      { field: 'limits.sectors.Energy', before: '', after: '0' },
    ]);
  });

  it.each(['', '# nothing yet\n', '{}'])('may say nothing (%j)', (text) => {
    expect(under(text)).toEqual(defaults);
    expect(settingsUnder(under(text), settings)).toEqual(settings);
  });

  it('is the same in YAML and in JSON, and keeps the digits of amounts', () => {
    const yaml = `cash: { reserveAmount: 1000.10 }\norders: { minimum: "99.95" }`;
    const json = `{"cash":{"reserveAmount":"1000.1"},"orders":{"minimum":99.95}}`;
    expect(under(json)).toEqual(under(yaml));
    expect(settingsUnder(under(json), settings).minimumOrder.toString()).toBe('99.95');
  });

  it.each([
    ['limits: { sectorMaxRatio: 1.2 }', ['document.limits.sectorMaxRatio']],
    ['limits: { sectorMaxRatio: 30 % }', ['document.limits.sectorMaxRatio']],
    ['limits: { sectorMaxRatio: .nan }', ['document.limits.sectorMaxRatio']],
    ['limit: {}', ['document.limit']],
    ['limits: { sektorMaxRatio: 1 }', ['document.limits.sektorMaxRatio']],
    [`excluded: [${A}, US0378331006]`, ['document.excluded[1]']],
    ['limits: { securities: { AAPL: 0.1 } }', ['document.limits.securities.AAPL']],
    ['limits: { currencies: { EURO: 0.1 } }', ['document.limits.currencies.EURO']],
    [`excluded: [${A}]\nfrozen: [${A}]`, ['document.frozen[0]']],
    [`excluded: [${A}]\nrestrictedUntil: { ${B}: 2027-01-31 }`, [`document.restrictedUntil.${B}`]],
    ...['2027-02-30', '31.01.2027', '20270131', '2027', '""', 'null'].map(
      (day): [string, string[]] => [
        `excluded: [${A}]\nrestrictedUntil: { ${A}: ${day} }`,
        [`document.restrictedUntil.${A}`],
      ],
    ),
    [`frozen: [${A}]\nrestrictedUntil: { AAPL: 2027-01-31 }`, ['document.restrictedUntil.AAPL']],
    [
      `targets: { securities: { ${A}: 0.2 } }\nexcluded: [${A}]`,
      [`document.targets.securities.${A}`],
    ],
    [`targets: { securities: { ${A}: 0.6, ${B}: 0.5 } }`, ['document.targets']],
    [
      `targets: { securities: { ${A}: 0.6, ${B}: 0.39 } }\ncash: { reserveRatio: 0.05 }`,
      ['document.targets'],
    ],
    [
      `targets: { securities: { ${A}: 0.3 } }\nlimits: { securities: { ${A}: 0.2 } }`,
      [`document.targets.securities.${A}`],
    ],
    ['targets: { groups: [{ name: x, weightRatio: 0.1 }] }', ['document.targets.groups[0]']],
    [
      'targets: { groups: [{ name: x, weightRatio: 0.1, sector: S, country: C }] }',
      ['document.targets.groups[0]'],
    ],
    [`objective: HRP\ntargets: { securities: { ${A}: 0.3 } }`, ['document.objective']],
    ['objective: TARGET_RETURN', ['document.targetReturnRatio']],
    ['objective: BEST', ['document.objective']],
    ['tax: { yearStartsOn: 02-30 }', ['document.tax.yearStartsOn']],
    [
      'tax: { holdingPeriods: [{ days: 365, gainRatio: 0 }, { days: 30, gainRatio: 0.1 }] }',
      ['document.tax.holdingPeriods[1].days'],
    ],
    ['trust: { level: within-limits }', ['document.trust.level']],
    ['cash: { reserveAmount: -5 }', ['document.cash.reserveAmount']],
    ['orders: { minimum: 1e3x }', ['document.orders.minimum']],
    ['a: [', ['document']],
    ['- a', ['document']],
    ['orders: { fractionalShares: yes please }', ['document.orders.fractionalShares']],
  ])('is refused with the path of what is wrong: %s', (text, fields) => {
    expect(complaints(text)).toEqual(fields);
  });

  it.each(['excluded', 'sellOnly', 'frozen'] as const)(
    'holds a security in %s up to its last day, and no longer',
    (list) => {
      const text = `${list}: [${A}, ${B}]\nrestrictedUntil: { ${A}: 2027-01-31 }`;
      const written = parsePolicy(text, 'document');
      const on = (day: string) => effectivePolicy(policyOn(written, parseDay(day)), defaults);
      expect(on('2027-01-31')).toEqual(effectivePolicy(written, defaults));
      expect(on('2027-02-01')).toMatchObject({ [list]: [B], restrictedUntil: {} });
      expect(endedRestrictions(written, parseDay('2027-01-31'))).toEqual([]);
      expect(endedRestrictions(written, parseDay('2027-02-01'))).toEqual([A]);
    },
  );

  it('may keep the target of a security that it excludes until a day', () => {
    const text = `targets: { securities: { ${A}: 0.2 } }\nexcluded: [${A}]`;
    expect(complaints(`${text}\nrestrictedUntil: { ${A}: 2027-01-31 }`)).toEqual([]);
    const written = parsePolicy(`${text}\nrestrictedUntil: { ${A}: 2027-01-31 }`, 'document');
    expect(policyOn(written, parseDay('2027-02-01')).targets?.securities).toEqual({ [A]: 0.2 });
  });

  it('is refused with all that is wrong at once', () => {
    expect(complaints('riskAversion: -1\nband: { totalRatio: 2 }\ntrust: { sales: 1 }')).toEqual([
      'document.riskAversion',
      'document.band.totalRatio',
      'document.trust.sales',
    ]);
  });
});

describe('an account under a policy', () => {
  const account: PolicyAccount = {
    holdings: [
      { isin: A, symbol: 'A', weight: 0.3, sector: 'Technology', country: 'US', currency: 'USD' },
      { isin: B, symbol: 'B', weight: 0.2, sector: 'Technology', country: 'DE', currency: 'EUR' },
    ],
    ...{ cash: 5_000, value: 10_000 },
  };
  const broken = (text: string) =>
    policyBreaches(under(`limits: { securityMaxRatio: 1, sectorMaxRatio: 1 }`), account).length ===
    0
      ? policyBreaches(under(text), account).map(({ field, subject }) => [field, subject])
      : ['the account breaks nothing to begin with'];

  it.each([
    ['limits: { securityMaxRatio: 0.25, sectorMaxRatio: 1 }', [['limits.securityMaxRatio', A]]],
    [
      `limits: { securityMaxRatio: 1, sectorMaxRatio: 1, securities: { ${B}: 0.1 } }`,
      [[`limits.securities.${B}`, B]],
    ],
    [
      'limits: { securityMaxRatio: 1, sectorMaxRatio: 0.45 }',
      [['limits.sectorMaxRatio', 'Technology']],
    ],
    [
      'limits: { securityMaxRatio: 1, sectorMaxRatio: 0.1, sectors: { Technology: 0.5 } }',
      [] as unknown[],
    ],
    [
      'limits: { securityMaxRatio: 1, sectorMaxRatio: 1, currencies: { USD: 0.29 } }',
      [['limits.currencies.USD', 'USD']],
    ],
    [
      'limits: { securityMaxRatio: 1, sectorMaxRatio: 1, countryMaxRatio: 0.25 }',
      [['limits.countryMaxRatio', 'US']],
    ],
    [
      'limits: { securityMaxRatio: 1, sectorMaxRatio: 1, positionsMax: 1 }',
      [['limits.positionsMax', '']],
    ],
    [`excluded: [${A}]\nlimits: { securityMaxRatio: 1, sectorMaxRatio: 1 }`, [['excluded', A]]],
    [
      'cash: { reserveRatio: 0.6 }\nlimits: { securityMaxRatio: 1, sectorMaxRatio: 1 }',
      [['cash.reserveRatio', '']],
    ],
    [
      'cash: { reserveAmount: 5001 }\nlimits: { securityMaxRatio: 1, sectorMaxRatio: 1 }',
      [['cash.reserveAmount', '']],
    ],
  ])('%s', (text, fields) => {
    expect(broken(text)).toEqual(fields);
  });
});
