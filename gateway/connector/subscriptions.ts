/** Subscriptions and schedules from the annotations of deployed functions. Pure. */
import { operations } from '#shared/contract/catalogue.ts';
import { jobsOf } from '#shared/contract/jobs.ts';
import { kebab, serviceNames } from '#shared/contract/names.ts';
import type { CalendarDay } from '#shared/kernel/calendar-day.ts';
import { calendarEnds, type CalendarEnd } from '#shared/quant/calendars/calendar-ends.ts';
import { parseSessionSchedule } from '#shared/quant/calendars/session-schedule.ts';
import { parseSchedules, type CronSchedule } from './cron-schedule.ts';
import type { Deployed } from './read-deployments.ts';

/** The topic that says that a function has a schedule, as OpenFaaS' cron-connector names it. */
export const CRON_TOPIC = 'cron-function';

const ASYNC = 'arduino-trader/async';
const CATCH_UP = 'arduino-trader/schedule-catch-up';

/** A function subscribed to a topic. */
export interface Subscriber {
  readonly functionName: string;
  /** Where in the function the topic belongs; in a packed service it names the operation. */
  readonly path: string;
}

export interface ScheduledFunction {
  readonly functionName: string;
  readonly schedule: CronSchedule;
  /** Whether a call that was due while no connector ran is made up for. */
  readonly catchUp: boolean;
}

export interface Ignored {
  readonly functionName: string;
  readonly schedule: string;
  readonly reason: string;
}

export interface Subscriptions {
  readonly topics: ReadonlyMap<string, readonly Subscriber[]>;
  readonly schedules: readonly ScheduledFunction[];
  readonly ignored: readonly Ignored[];
}

export function subscriptionsOf(deployed: readonly Deployed[]): Subscriptions {
  const topics = new Map<string, Subscriber[]>();
  const schedules: ScheduledFunction[] = [];
  const ignored: Ignored[] = [];
  for (const one of deployed) {
    for (const topic of topicsOf(one).filter((name) => name !== CRON_TOPIC)) {
      const subscriber = { functionName: one.name, path: pathFor(one.name, topic) };
      topics.set(topic, [...(topics.get(topic) ?? []), subscriber]);
    }
    const scheduled = schedulesOf(one);
    schedules.push(...scheduled.schedules);
    ignored.push(...scheduled.ignored);
  }
  return { topics, schedules, ignored };
}

/** Whether calls of a function go through its gateway's queue of calls. */
export function isAsync({ annotations }: Pick<Deployed, 'annotations'>): boolean {
  return annotations[ASYNC]?.trim() === 'true';
}

/** Exact names; several are separated by commas. */
function topicsOf({ annotations }: Deployed): readonly string[] {
  const names = (annotations['topic'] ?? '').split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

function schedulesOf(one: Deployed): Pick<Subscriptions, 'schedules' | 'ignored'> {
  const { name: functionName, annotations } = one;
  const text = annotations['schedule']?.trim();
  if (text === undefined) return { schedules: [], ignored: [] };
  const reason = rejection(one);
  if (reason !== undefined)
    return { schedules: [], ignored: [{ functionName, schedule: text, reason }] };
  const catchUp = annotations[CATCH_UP]?.trim() === 'true';
  const parsed = parseSchedules(text);
  const ignored = parsed.flatMap((schedule) =>
    'complaint' in schedule
      ? [{ functionName, schedule: schedule.text, reason: schedule.complaint }]
      : [],
  );
  const schedules = parsed.flatMap((schedule) =>
    'turns' in schedule ? [{ functionName, schedule, catchUp }] : [],
  );
  return { schedules, ignored };
}

/** The calendar that a schedule follows, where its published days end soon or have ended; else none. */
export function endingCalendars(
  { schedule: { turns } }: ScheduledFunction,
  today: CalendarDay,
): readonly CalendarEnd[] {
  const session = 'pattern' in turns ? parseSessionSchedule(turns.pattern) : undefined;
  return typeof session === 'object' ? calendarEnds([session.exchange], today) : [];
}

/** Why a function has no schedules of its own. */
function rejection(one: Deployed): string | undefined {
  if (!topicsOf(one).includes(CRON_TOPIC)) return `its topic does not name ${CRON_TOPIC}`;
  if (serviceNames.some((service) => service === one.name))
    return 'a packed service is called by path, and a schedule names none';
  const [job] = jobsOf(one);
  return job && `the job ${job.name} already calls it on a schedule`;
}

/** A packed service has its operations by path; the topic of one of them says which. */
function pathFor(functionName: string, topic: string): string {
  const operation = operations.find((one) => one.topic === topic);
  return operation?.service === functionName ? `/${kebab(operation.rpc)}` : '/';
}
