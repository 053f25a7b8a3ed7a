/** The forms in which the result of a replay is given to people and programs. */
import { comparisonHtml, reportHtml } from './report-html.ts';
import { comparisonText, replayReportText, termsOf } from './report-text.ts';
import type { Comparison, ReplayAnswer } from './replay-policies.ts';
import type { ReplayWindow } from './replay-policy.ts';
import type { LastReplay } from './replay-records.ts';

/** Of one policy its report; of several all of them, with their differences. */
export function documentsOf(comparison: Comparison, window: ReplayWindow): LastReplay {
  return {
    html: pageOf(comparison, window),
    text: textOf(comparison, window),
    json: jsonOf(comparison, window),
  };
}

function answerDocument({ policy, report, refusals }: ReplayAnswer, window: ReplayWindow) {
  return { terms: termsOf(policy, window), ...report, refusals };
}

function jsonOf({ answers, differences }: Comparison, window: ReplayWindow): string {
  const policies = answers.map((answer) => answerDocument(answer, window));
  const document = policies.length === 1 ? policies[0] : { policies, differences };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function textOf(comparison: Comparison, window: ReplayWindow): string {
  const reports = comparison.answers.flatMap(({ policy, report, refusals }) => [
    ...replayReportText(report, termsOf(policy, window), refusals),
    '',
  ]);
  const lines =
    comparison.answers.length === 1
      ? reports.slice(0, -1)
      : [...reports, ...comparisonText(comparison)];
  return `${lines.join('\n')}\n`;
}

function pageOf(comparison: Comparison, window: ReplayWindow): string {
  const [only, ...others] = comparison.answers;
  return only && others.length === 0
    ? reportHtml({ ...only, terms: termsOf(only.policy, window) })
    : comparisonHtml(comparison, `${window.from} to ${window.to}`);
}
