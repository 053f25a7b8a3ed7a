/**
 * Declares a corporate action, or says that a suspected split was none (`no-split`). The doubt that it
 * explains ends at once. The same action again changes nothing; where another one is stored under its
 * id, `success` is false and that one stands.
 *
 * @throws Failure INVALID_REQUEST naming each field that is missing, wrong, or not of the kind;
 * NOT_FOUND for a security that is not in the universe
 */
import { universe } from '#shared/contract/universe.ts';
import { corporateAction } from '#shared/kernel/corporate-action.ts';
import { invalidRequest, notFound } from '#shared/kernel/failure.ts';
import { isSafeId } from '#shared/kernel/identifiers.ts';
import { handle } from '#shared/runtime/handle.ts';
import { actionMessage } from '#shared/universe/action-message.ts';
import { ActionStore } from '#shared/universe/action-store.ts';
import { endExplainedDoubts } from '#shared/universe/explained-doubts.ts';
import { PriceDoubtStore } from '#shared/universe/price-doubt-store.ts';
import { SecurityStore } from '#shared/universe/security-store.ts';

export default handle(universe.recordCorporateAction, async ({ action: stated }, { database }) => {
  const { actionId, newSymbol, source, ...terms } = stated;
  if (actionId && !isSafeId(actionId))
    throw invalidRequest({ field: 'action.actionId', message: '1 to 128 of A-Za-z0-9._-' });
  const action = corporateAction({
    ...terms,
    ...(actionId && { actionId }),
    ...(newSymbol && { newSymbol }),
    source: source || 'owner',
  });
  if (!(await new SecurityStore(database).find(action.isin)))
    throw notFound('security', action.isin);
  const store = new ActionStore(database);
  const added = await store.add(action);
  const standing = (await store.find(action.isin, action.actionId)) ?? action;
  await endExplainedDoubts(new PriceDoubtStore(database), store, action.isin);
  return {
    success: added !== 'differs',
    message: messages[added],
    action: actionMessage(standing),
  };
});

const messages = {
  added: 'The action is declared; it is carried out on its day.',
  known: 'The action was declared already.',
  differs: 'Another action is declared under this id, and stands; give this one an id of its own.',
} as const;
