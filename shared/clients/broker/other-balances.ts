/** Groups the movements of an account by the balance that they moved. Pure. */
import type { Currency } from '#shared/kernel/currency.ts';
import { Money } from '#shared/kernel/money.ts';
import type { BrokerBalance, BrokerFlow } from './broker.ts';

/**
 * Balances other than the account's own. One that is empty now and moved before is among them: what moved it is booked.
 * @param stated balances of all currencies, as the broker names them
 */
export function otherBalances(
  own: Currency,
  stated: readonly Money[],
  flows: readonly BrokerFlow[],
): BrokerBalance[] {
  const balances = new Map(stated.map((cash) => [cash.currency, cash]));
  const currencies = new Set([...balances.keys(), ...flows.map(({ amount }) => amount.currency)]);
  currencies.delete(own);
  return [...currencies].sort().flatMap((currency) => {
    const cash = balances.get(currency) ?? Money.zero(currency);
    const moved = flows.filter(({ amount }) => amount.currency === currency);
    return cash.sign === 0 && moved.length === 0 ? [] : [{ cash, flows: moved }];
  });
}
