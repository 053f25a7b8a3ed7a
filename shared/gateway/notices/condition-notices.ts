/** Conditions of the alert table, services that do not work, and jobs that failed; and when they are over. */
import type { OverviewJob, OverviewService } from '#protos/gen/overview.ts';
import { noticeKinds, type NoticeKind } from '#shared/process/notice-kinds.ts';
import { alertTable, type AlertRow } from '../observe/alert-table.ts';
import type { FiringAlert } from '../observe/firing-alerts.ts';
import { advice } from './advice.ts';
import type { Found, KnownCondition, NoticeInputs } from './notice.ts';
import { sentence, timeText } from './wording.ts';

const AWAY_SECONDS = 20;
/** What it means and whether it can wait, then where every step is written. */
const guidance = (kind: NoticeKind, page: string): string =>
  [advice[kind], `Step by step: docs/runbooks/${page}.md.`].filter(Boolean).join(' ');
/** Jobs whose failure has a row of its own in the alert table. */
const jobsWithAlert = new Set(
  alertTable.flatMap(({ metric, labels }) =>
    metric === 'trader_job_failed' ? (labels?.['job_name'] ?? []) : [],
  ),
);

/** Found with what the service or the job says. */
const withDetails = new Set(['board-away', 'job-failed']);

/**
 * Rows whose runbook is a kind of notice; the others are reported with their details as events.
 *
 * @internal
 */
export function kindOfAlert({ runbook: page }: Pick<AlertRow, 'runbook'>): NoticeKind | undefined {
  return withDetails.has(page) ? undefined : noticeKinds.find((kind) => kind === page);
}

export function presentConditions(
  alerts: readonly FiringAlert[],
  services: readonly OverviewService[],
  jobs: readonly OverviewJob[],
): KnownCondition[] {
  const away = services.filter(({ healthy }) => !healthy);
  const failed = jobs.filter(
    ({ name, status }) => status === 'failed' && name !== 'notices' && !jobsWithAlert.has(name),
  );
  return [...alerts.flatMap(ofAlert), ...away.map(ofService), ...failed.map(ofJob)];
}

function ofAlert({ row, labels }: FiringAlert): KnownCondition[] {
  const kind = kindOfAlert(row);
  if (kind === undefined) return [];
  const which = Object.values(labels).join(',');
  const headline = lowerFirst(row.summary.replace(/\.$/, ''));
  const name = `${row.name}:${which}`;
  const text = guidance(kind, row.runbook);
  return [{ name, kind, headline, forSeconds: row.forSeconds, text }];
}

function ofService({ name, board, status }: OverviewService): KnownCondition {
  const where = board === '' ? '' : ` on the board ${board}`;
  return {
    name: `board-away:${name}`,
    kind: 'board-away',
    forSeconds: AWAY_SECONDS,
    headline: `the service ${name}${where} does not work`,
    text: `${sentence(status)} ${guidance('board-away', 'board-away')}`,
  };
}

function ofJob({ name, lastError }: OverviewJob): KnownCondition {
  const headline = `the job ${name} failed`;
  return {
    name: `job-failed:${name}`,
    kind: 'job-failed',
    forSeconds: 0,
    headline,
    text: `${sentence(lastError || 'it gave no reason')} Nothing is sent twice; it runs again at its time. It can wait for the morning: trader jobs shows it.`,
  };
}

export function conditionNotices({ conditions, changed, zone }: NoticeInputs): Found[] {
  const began = conditions.flatMap(({ name, kind, headline, text }): Found[] => {
    const sinceMs = changed.began.get(name);
    if (sinceMs === undefined) return [];
    const since = `Since ${timeText(sinceMs, zone)}.`;
    return [{ key: `${name}:${sinceMs}`, kind, headline, text: `${text} ${since}`.trim() }];
  });
  const ended = [...changed.ended].map(([name, sinceMs]): Found => {
    const text = `It began ${timeText(sinceMs, zone)}. Nothing to do.`;
    return { key: `resolved:${name}:${sinceMs}`, kind: 'resolved', headline: endText(name), text };
  });
  return [...began, ...ended];
}

function endText(name: string): string {
  const [first = '', which = ''] = name.split(':');
  if (first === 'board-away') return `the service ${which} works again`;
  if (first === 'job-failed') return `the job ${which} ran without an error`;
  const row = alertTable.find((one) => one.name === first);
  return `over now: “${lowerFirst(row?.summary.replace(/\.$/, '') ?? first)}”`;
}

/** Within a sentence; a name keeps its capital. */
function lowerFirst(text: string): string {
  if (text.startsWith('Redis')) return text;
  return text.charAt(0).toLowerCase() + text.slice(1);
}
