/** A replay as a queued run of the installation, with the prices it knows; interrupting the command cancels it. */
import { openConsole } from '#gateway/embedded/console/console.ts';
import { liveText } from '#gateway/embedded/console/progress.ts';
import { cancelled } from '#shared/clients/functions-client.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { parseReplayPolicy } from '#shared/replay/replay-policy-document.ts';
import type { ReplayWindow } from '#shared/replay/replay-policy.ts';
import type { LastReplay } from '#shared/replay/replay-records.ts';
import type { PolicyFile } from '#shared/replay/replay-terms.ts';
import { followInstallation, openInstallation } from '../../gateway-client.ts';

const ANSWER_MS_MAX = 60_000;
/** The installation knows its own. */
const CURRENCY_ASSUMED = 'EUR';

/** @returns the report in the form asked for; progress goes to stderr */
export async function replayAsJob(
  files: readonly PolicyFile[],
  { from, to }: ReplayWindow,
  form: keyof LastReplay,
): Promise<string> {
  // What cannot be read is refused here, where the file has its name.
  for (const { document, field } of files) parseReplayPolicy(document, field, CURRENCY_ASSUMED);
  const policies = files.map(({ name, document }) => ({ name, document }));
  // On stderr: only the report is on stdout.
  const console = openConsole({ json: true, env: process.env });
  const cancel = new AbortController();
  const stop = (): void => cancel.abort(cancelled());
  process.once('SIGINT', stop);
  try {
    const updates = followInstallation(gateway.runReplay, { from, to, policies }, cancel.signal);
    for await (const { policy, day, progressPct, message } of updates)
      console.progress(liveText({ step: '', progressPct, message: message || `${policy} ${day}` }));
  } finally {
    process.removeListener('SIGINT', stop);
    if (console.isLive) console.progress('');
  }
  return (await openInstallation(ANSWER_MS_MAX)(gateway.getReplay, { form })).content;
}
