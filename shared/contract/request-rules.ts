/**
 * What a request must hold to that its JSON Schema cannot say: two fields beside one another, text that is a document, and
 * what the account or the installation has. By operation and field; `[]` is any index, `*` any key. A request that
 * breaks one is INVALID_REQUEST and names the field; the description of the API has them.
 */

export type RequestRules = Readonly<Record<string, string>>;

/** A multiple of so small a number is no number that programs compute with alike. */
const NINE_DECIMALS = 'nine decimals at most';

const ofWeights: RequestRules = {
  targetWeights:
    'at most 1 in sum, of securities of the universe, without positions or cash beside',
};

const ofAllocation: RequestRules = {
  'currentPositions[].quantity': NINE_DECIMALS,
  'currentPositions[].isin': 'in the list once; in the universe where it states no price',
  'currentPositions[].currentPrice': 'in the currency of the security',
  'targetAllocations[].isin': 'in the universe, and in the list once',
  'targetAllocations[].minWeight': 'at most maxWeight',
  'targetAllocations[].targetWeight': 'from minWeight to maxWeight',
  targetAllocations: 'targetWeight is at most 1 in sum',
};

const ofAnswer: RequestRules = {
  digest: 'eight characters at least of the digest with which the plan was shown',
};

const ofPrices: RequestRules = {
  quantity: NINE_DECIMALS,
  limitPrice: 'goes with the order type, in the currency of the security',
  stopPrice: 'goes with the order type, in the currency of the security',
};

const ofOrder: RequestRules = {
  ...ofPrices,
  symbol: 'that of the ISIN',
  referencePrice: 'in the currency of the security',
};

export const requestRules: Readonly<Record<string, RequestRules>> = {
  'universe-add-security': { symbol: 'needed where the source of prices does not list the ISIN' },
  'universe-record-corporate-action': {
    newIsin: 'another one than isin',
    payDay: 'not before the day',
    newShares: 'other than oldShares in a split',
  },
  'universe-import-price-files': {
    files: 'each file once, with all the complaints of what is in it',
    'files[].name': 'each once',
    'files[].parts': 'of parts that were sent',
    'contents[]': 'gzip in base64, a megabyte unpacked at most',
  },
  'portfolio-update-positions': {
    'positions[].isin': 'in the list once',
    'positions[].quantity': NINE_DECIMALS,
  },
  'portfolio-open-account': {
    currency: 'that of the installation (BASE_CURRENCY)',
    'openingCash.currency': 'that of the installation (BASE_CURRENCY)',
    openingCash: 'none at a broker that holds real money',
  },
  'portfolio-update-policy': {
    document: 'an investment policy in YAML (docs/use/policy.md)',
    'document.*': 'a rule of the policy (docs/use/policy.md)',
  },
  'portfolio-book-movement': {
    amount: 'above 0, but for interest and tax, which may go either way',
    'amount.currency': 'that of the account',
    quantity: NINE_DECIMALS,
    'price.currency': 'that of the security, with an exchange rate',
    day: 'not after today',
  },
  'portfolio-import-transactions': { content: 'a file of a known format (docs/use/import.md)' },
  'scoring-score-security': {
    'marketData.*': 'a figure of docs/domain/scoring.md, in its range',
  },
  'scoring-batch-score-securities': {
    'filters.currency': 'an ISO 4217 currency',
    'filters.minScore': 'a number from 0 to 1',
  },
  'optimization-optimize-allocation': {
    ...ofAllocation,
    'constraints.minPositionSize.currency': 'that of the account',
    'constraints.maxPositionSize.currency': 'that of the account',
    'sectorLimits.*': 'a sector of the universe',
    'countryLimits.*': 'a country of the universe',
    targetReturnRatio: 'needed for that objective',
    targetVolatilityRatio: 'needed for that objective',
  },
  'optimization-optimize-execution': {
    'orders[].isin': 'in the universe',
    'orders[].quantity': NINE_DECIMALS,
    'orders[].limitPrice.currency': 'that of the security',
  },
  'optimization-calculate-rebalancing': ofAllocation,
  'planning-create-plan': {
    ...ofWeights,
    positions: 'each security once',
    'positions[].quantity': NINE_DECIMALS,
    'positions[].isin': 'with a price in the universe, or an averagePrice',
    'positions[].averagePrice': 'in the currency of the security',
    availableCash: 'in the currency of the account',
    monthlyDeposit: 'in the currency of the account',
    'constraints.*': 'narrows a setting (docs/domain/planning.md)',
    'quantities.*': 'a reduction of an order of the plan in changedFrom',
  },
  'trading-execute-trade': ofOrder,
  'trading-validate-trade': ofPrices,
  'trading-batch-execute-trades': {
    'trades[].accountId': 'empty, or that of the batch',
    ...Object.fromEntries(
      Object.entries(ofOrder).map(([field, rule]) => [`trades[].${field}`, rule]),
    ),
  },
  'gateway-trigger-trading-cycle': ofWeights,
  'gateway-process-deposit': {
    amount: 'at most DEPOSIT_MAX',
    'amount.currency': 'that of the account',
  },
  'gateway-trigger-job': { 'parameters.*': 'a field of the operation that the job calls' },
  'gateway-approve-plan': ofAnswer,
  'gateway-reject-plan': ofAnswer,
  'gateway-change-plan': {
    ...ofAnswer,
    'quantities.*': 'a reduction of an order of the plan, in whole lots',
  },
  'gateway-set-trust': { confirmation: 'word for word, for a step up' },
  'gateway-run-replay': {
    from: 'before to',
    to: 'after from',
    policies: 'each name once',
    'policies[].name': 'each once',
    'policies[].document': 'an investment policy in YAML (docs/use/policy.md)',
    'policies[].document.*': 'a rule of the policy (docs/use/policy.md)',
  },
};
