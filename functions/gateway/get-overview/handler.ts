/**
 * Everything that the owner's page and `trader status` show, in one answer: it reads the stores, so it
 * answers while the boards of other services are away, and says which. Nothing is computed anew that a
 * job has stored. Amounts are in the account's currency; what cannot be known is absent, never 0.
 *
 * @throws Failure NOT_FOUND for an account that was not opened
 */
import { gateway } from '#shared/contract/gateway.ts';
import { loadOverview } from '#shared/gateway/overview/load-overview.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.getOverview, (request, context) => loadOverview(context, request));
