/** After fills the book is reconciled with the broker; only that operation books them. */
import { Failure } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Context } from '#shared/runtime/context.ts';

/** Best effort: the fills are safe at the broker, and the next sync books what this one missed. */
export async function syncBook(context: Context, accountId: AccountId): Promise<void> {
  try {
    await context.functions.call(
      portfolio.updatePositions,
      { accountId, positions: [], forceSync: true },
      context.callOptions(),
    );
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    context.log.warn('book-sync-failed', { accountId, failureCode: code, detail: message });
  }
}
