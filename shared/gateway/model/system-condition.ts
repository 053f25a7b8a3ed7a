/** The status of the system from the status of its parts. */

/** As the answers of the operations say it. */
export interface SystemParts {
  readonly services: readonly {
    readonly serviceName: string;
    readonly healthy: boolean;
    readonly status: string;
  }[];
  readonly jobs: readonly {
    readonly jobName: string;
    readonly status: string;
    readonly lastError: string;
  }[];
  /** Whether Redis persists acknowledged writes; a complaint where it may not. */
  readonly durability?: { readonly kind: string; readonly complaint?: string } | undefined;
  /** Whether writes that trade are on another board as well. */
  readonly replication?: { readonly kind: string; readonly connected?: number } | undefined;
  /** What else a person should know: sentences. */
  readonly notices?: readonly string[];
  /** Absent where it could not be asked. */
  readonly summary: object | undefined;
  readonly trades: object | undefined;
  readonly control:
    | {
        readonly state?: string | undefined;
        readonly restrictions?: readonly { readonly state: string; readonly message: string }[];
      }
    | undefined;
}

export interface SystemCondition {
  readonly status: 'healthy' | 'reducing' | 'halted' | 'degraded';
  /** One sentence per problem; none when healthy. */
  readonly complaints: readonly string[];
}

/** A restriction of trading is named before anything else that is wrong. */
export function conditionOf(parts: SystemParts): SystemCondition {
  const complaints = [...restrictions(parts), ...faults(parts)];
  const { state } = parts.control ?? {};
  if (state === 'HALTED') return { status: 'halted', complaints };
  if (state === 'REDUCING') return { status: 'reducing', complaints };
  return { status: complaints.length === 0 ? 'healthy' : 'degraded', complaints };
}

function restrictions({ control }: SystemParts): string[] {
  return (control?.restrictions ?? []).map(
    ({ state, message }) => `Trading is ${state}: ${message}.`,
  );
}

function faults(parts: SystemParts): string[] {
  const { services, jobs, durability, replication, notices = [], summary, trades, control } = parts;
  return [
    ...(durability?.complaint === undefined ? [] : [durability.complaint]),
    ...(replication?.kind === 'unprotected'
      ? [
          `Writes that trade are not protected: ${replication.connected ?? 0} replicas of Redis answer.`,
        ]
      : []),
    ...notices,
    ...services
      .filter(({ healthy }) => !healthy)
      .map(({ serviceName, status }) => `The ${serviceName} service: ${status}.`),
    ...jobs
      .filter(({ status }) => status === 'failed')
      .map(({ jobName, lastError }) => `The job ${jobName} failed: ${lastError}`),
    ...(summary ? [] : ['The account cannot be valued.']),
    ...(trades ? [] : ['The history of trades cannot be read.']),
    ...(control ? [] : ['The trading state cannot be asked.']),
  ];
}
