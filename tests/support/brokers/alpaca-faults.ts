/** Faults of the Alpaca mock, by their names in the fault suite. */
import type { AlpacaMock, OrderFault, ReadFault } from './alpaca-mock.ts';
import type { BrokerMock, MockAbilities } from './broker-faults.ts';

const NANO = 9;

/** Faults of sending; true where the order takes effect all the same. */
const orderFaults: Readonly<Record<Exclude<OrderFault, 'none'>, boolean>> = {
  'lost-before': false,
  'lost-after': true,
  '429': false,
  '500-before': false,
  '500-after': true,
  'html-after': true,
  '200-error': false,
  '403-html': false,
  '401-echo': false,
  maintenance: false,
};

export const alpacaAbilities: MockAbilities = {
  orderFaults,
  readFaults: ['html', '500', 'empty', 'maintenance', '401-echo', '403-echo'] satisfies ReadFault[],
  can: ['fill', 'replace', 'by-hand', 'deposit', 'split', 'skew'],
};

export function faultsOf(mock: AlpacaMock): BrokerMock {
  return {
    sent: () => mock.posts,
    failOrders: (fault) => void (mock.orderFault = fault as OrderFault),
    failReads: (fault) => void (mock.readFault = fault as ReadFault),
    executesAtOnce: (quantity) =>
      void (mock.fillsAtOnce = BigInt(quantity.padEnd(quantity.length + NANO, '0'))),
    execute: (client, quantity, options) => mock.execute(client, quantity, options),
    replace: (client) => mock.replace(client),
    placeByHand: (quantity) => Promise.resolve(mock.byHand('BETA', quantity)),
    deposit: async (amount) => mock.event({ activity_type: 'CSD', net_amount: amount }),
    split: (factor) => mock.split('BETA', BigInt(factor)),
    skewClock: (ms) => void (mock.skewMs = ms),
  };
}
