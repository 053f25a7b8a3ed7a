/**
 * Books a deposit, a withdrawal, interest, a fee, a dividend, a tax, or shares transferred in or out,
 * once for each idempotency key, at a simulated broker. A real broker's statement is the only source of
 * what happened there: REFUSED broker-books.
 *
 * @throws Failure INVALID_REQUEST naming each wrong field; REFUSED insufficient-cash,
 * insufficient-shares, broker-books
 */
import { portfolio } from '#shared/contract/portfolio.ts';
import { shortHash } from '#shared/kernel/hash.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { bookAtBroker } from '#shared/portfolio/book-at-broker.ts';
import { ownerMovement } from '#shared/portfolio/owner-movement.ts';
import { handle } from '#shared/runtime/handle.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export default handle(portfolio.bookMovement, async (request, context) => {
  const { accountId, isin } = request;
  const { baseCurrency: base, database, marketData } = context;
  await new Accounts(database, base).require(accountId);
  const market = new StoredMarket(database);
  const security = isin && (await market.security(isin));
  const currency = request.price?.currency ?? security?.currency ?? base;
  const rates = await market.rates(base, [currency], request.day);
  const flowId = `entry-${shortHash(context.idempotencyKey)}`;
  const movement = ownerMovement(flowId, request, {
    base,
    today: marketData.today(context.now()),
    security,
    rate: rates.get(currency)?.rate,
  });
  const lineId = `flow-${flowId}`;
  context.nameOutcome({ lineId });
  const cashBalance = await bookAtBroker(context, accountId, { movements: [movement] });
  return { success: true, lineId, message: `The ${request.kind} is booked.`, cashBalance };
});
