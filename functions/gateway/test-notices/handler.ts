/**
 * Sends a notice of kind `test` at once, through one channel or all that are configured, whatever the hour
 * and the routes, and answers for each whether its service took it.
 *
 * @throws Failure NOT_FOUND for a channel that is not configured
 */
import { gateway } from '#shared/contract/gateway.ts';
import { noticeChannels } from '#shared/gateway/notices/channels.ts';
import { sendTest } from '#shared/gateway/notices/send-test.ts';
import { notFound } from '#shared/kernel/failure.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(gateway.testNotices, async ({ channel }, context) => {
  const configured = noticeChannels(context.settings);
  const chosen = configured.filter(({ name }) => channel === '' || name === channel);
  if (chosen.length === 0) throw notFound('configured channel of notices', channel || 'any');
  return { results: await Promise.all(chosen.map((one) => sendTest(context, one))) };
});
