/** Faults of the Tradernet mock, by their names in the fault suite. */
import type { BrokerMock, MockAbilities } from './broker-faults.ts';
import type { TradernetMock, TradernetOrderFault, TradernetReadFault } from './tradernet-mock.ts';

/** Faults of sending; true where the order takes effect all the same. */
const orderFaults: Readonly<Record<Exclude<TradernetOrderFault, 'none'>, boolean>> = {
  'lost-before': false,
  'lost-after': true,
  '429': false,
  '429-in-body': false,
  '500-before': false,
  '500-after': true,
  'html-after': true,
  '200-error': false,
  maintenance: false,
};

export const tradernetAbilities: MockAbilities = {
  orderFaults,
  readFaults: [
    'html',
    '500',
    'empty',
    'maintenance',
    'error-in-200',
    'echo',
    'echo-refused',
  ] satisfies TradernetReadFault[],
  can: ['fill', 'by-hand', 'deposit', 'split', 'skew'],
  without: { replace: 'it has no call that replaces an order, and its rows name no successor' },
};

export function tradernetFaultsOf(mock: TradernetMock): BrokerMock {
  return {
    sent: () => mock.posts,
    failOrders: (fault) => void (mock.orderFault = fault as TradernetOrderFault),
    failReads: (fault) => void (mock.readFault = fault as TradernetReadFault),
    executesAtOnce: (quantity) => void (mock.fillsAtOnce = Number(quantity)),
    execute: (client, quantity, options) => mock.execute(client, Number(quantity), options),
    placeByHand: (quantity) =>
      Promise.resolve(`tradernet-${mock.byHand('BETA.US', Number(quantity))}`),
    deposit: async (amount) => mock.flow('sepa', Math.round(Number(amount) * 100)),
    split: (factor) => mock.split('BETA.US', factor),
    skewClock: (ms) => void (mock.skewMs = ms),
  };
}
