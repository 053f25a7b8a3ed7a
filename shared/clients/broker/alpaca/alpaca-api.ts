/**
 * Alpaca's trading API through its official SDK. The SDK sends the calls and
 * never retries one that changes something. Responses are parsed here from the raw text, so that no
 * figure passes through a float and a proxy's error page is not taken for a response.
 */
import { errors, trading } from '@alpacahq/alpaca-trade-api/rest';
import type { z } from 'zod';
import { redacted } from '#shared/clients/redacted.ts';
import { Failure, unavailable } from '#shared/kernel/failure.ts';
import { brokenAnswer, parsedAnswer } from '#shared/clients/upstream-answer.ts';
import { ProcessPace } from '../call-pace.ts';
import {
  accountRow,
  activityRow,
  assetRow,
  clockRow,
  openOrderRow,
  orderRow,
  positionRow,
  type AlpacaOrderRow,
  type OpenOrderRow,
} from './shapes.ts';

const BROKER = 'Alpaca';
const TIMEOUT_MS = 10_000;
const CALLS_PER_MINUTE = 180;
const CALLS_AT_ONCE = 4;
const PAGE_ORDERS = 500;
const PAGE_ACTIVITIES = 100;
const PAGES_MAX = 2_000;
/** A response in another format with one of these statuses may come from an intermediary. */
const CERTAIN: ReadonlySet<number> = new Set([400, 403, 404, 422]);

export interface AlpacaAccess {
  /** `https://paper-api.alpaca.markets`, `https://api.alpaca.markets`, or a mock's address. */
  readonly baseUrl: string;
  keyId(): string;
  secretKey(): string;
}

/** What Alpaca answered to a call that it refused. */
export interface AlpacaRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export type Activity = z.output<typeof activityRow>;
type Answer = { readonly raw: Response };

export class AlpacaApi {
  private readonly access: AlpacaAccess;
  private opened: { keys: string; apis: Apis } | undefined;

  constructor(access: AlpacaAccess) {
    this.access = access;
  }

  account(signal: AbortSignal) {
    return this.read(accountRow, signal, ({ accounts }) => accounts.getAccountRaw({ signal }));
  }

  positions(signal: AbortSignal) {
    return this.read(positionRow.array(), signal, ({ positions }) =>
      positions.getAllOpenPositionsRaw({ signal }),
    );
  }

  clock(signal: AbortSignal) {
    return this.read(clockRow, signal, ({ clock }) => clock.legacyClockRaw({ signal }));
  }

  asset(symbol: string, signal: AbortSignal) {
    return this.find(assetRow, signal, ({ assets }) =>
      assets.getV2AssetsSymbolOrAssetIdRaw({ symbolOrAssetId: symbol }, { signal }),
    );
  }

  orderByClientId(clientOrderId: string, signal: AbortSignal) {
    return this.find(orderRow, signal, ({ orders }) =>
      orders.getOrderByClientOrderIdRaw({ clientOrderId }, { signal }),
    );
  }

  orderById(orderId: string, signal: AbortSignal) {
    return this.find(orderRow, signal, ({ orders }) =>
      orders.getOrderByOrderIDRaw({ orderId }, { signal }),
    );
  }

  /** All orders that are open; oldest first. */
  openOrders(signal: AbortSignal): Promise<OpenOrderRow[]> {
    return this.pages((last?: OpenOrderRow) =>
      this.read(openOrderRow.array(), signal, ({ orders }) =>
        orders.getAllOrdersRaw(
          {
            status: 'open',
            limit: PAGE_ORDERS,
            direction: 'asc',
            ...(last && { afterOrderId: last.id }),
          },
          { signal },
        ),
      ),
    );
  }

  /** Executions and everything else that moved the account; oldest first. */
  activities(
    after: Date | undefined,
    signal: AbortSignal,
    types?: readonly 'FILL'[],
  ): Promise<Activity[]> {
    return this.pages((last?: Activity) =>
      this.read(activityRow.array(), signal, ({ activities }) =>
        activities.getAccountActivitiesRaw(
          {
            direction: 'asc',
            pageSize: PAGE_ACTIVITIES,
            ...(types && { activityTypes: [...types] as trading.ActivityType[] }),
            ...(after !== undefined && { after }),
            ...(last && { pageToken: last.id }),
          },
          { signal },
        ),
      ),
    );
  }

  /**
   * Sends once. @returns the order, or the reason for the rejection; throws where neither is
   * certain
   */
  async postOrder(
    order: trading.PostOrderRequest,
    signal: AbortSignal,
  ): Promise<AlpacaOrderRow | AlpacaRefusal> {
    const sent = await this.attempt(({ orders }) =>
      orders.postOrderRaw({ postOrderRequest: order }, { signal }),
    );
    return isRefusal(sent) ? sent : parsedAnswer(BROKER, orderRow, await textOf(sent));
  }

  /** Asks for cancellation. A refusal says that there is nothing left to cancel. */
  async deleteOrder(orderId: string, signal: AbortSignal): Promise<AlpacaRefusal | undefined> {
    const sent = await this.attempt(({ orders }) =>
      orders.deleteOrderByOrderIDRaw({ orderId }, { signal }),
    );
    if (isRefusal(sent)) return sent;
    // A response body that is not read keeps the SDK's timer, and with it the process, alive for
    // TIMEOUT_MS.
    await textOf(sent);
    return undefined;
  }

  private async find<T extends z.ZodType>(
    shape: T,
    signal: AbortSignal,
    call: (apis: Apis) => Promise<Answer>,
  ): Promise<z.output<T> | undefined> {
    signal.throwIfAborted();
    const answer = await this.attempt(call);
    if (!isRefusal(answer)) return parsedAnswer(BROKER, shape, await textOf(answer));
    if (answer.status === 404) return undefined;
    throw failureOf(answer);
  }

  private async read<T extends z.ZodType>(
    shape: T,
    signal: AbortSignal,
    call: (apis: Apis) => Promise<Answer>,
  ): Promise<z.output<T>> {
    signal.throwIfAborted();
    const answer = await this.attempt(call);
    if (isRefusal(answer)) throw failureOf(answer);
    return parsedAnswer(BROKER, shape, await textOf(answer));
  }

  /** Until one brings nothing new: a page may be shorter than was asked for. */
  private async pages<R extends { readonly id: string }>(
    page: (last?: R) => Promise<R[]>,
  ): Promise<R[]> {
    const rows = new Map<string, R>();
    let last: R | undefined;
    for (let count = 0; count < PAGES_MAX; count += 1) {
      const next = await page(last);
      for (const row of next) rows.set(row.id, row);
      if (next.length === 0 || next.at(-1)?.id === last?.id) return [...rows.values()];
      last = next.at(-1);
    }
    throw broken('more pages than an account can have');
  }

  /** Definite rejections are values; everything else that is not a response is thrown. */
  private async attempt(call: (apis: Apis) => Promise<Answer>): Promise<Answer | AlpacaRefusal> {
    try {
      return await call(this.apis());
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      if (thrown instanceof errors.ApiError) return this.withoutKeys(refusalOf(thrown));
      throw unavailable(BROKER, withoutSecrets(thrown));
    }
  }

  /** A refusal of the keys may repeat them. */
  private withoutKeys({ message, ...refusal }: AlpacaRefusal): AlpacaRefusal {
    const clean = redacted(message, [this.access.keyId(), this.access.secretKey()]);
    return { ...refusal, message: clean.slice(0, MESSAGE_LENGTH_MAX) };
  }

  /** Reopened when a key was replaced. */
  private apis(): Apis {
    const [keyId, secret] = [this.access.keyId(), this.access.secretKey()];
    const keys = `${keyId}\n${secret}`;
    if (this.opened?.keys !== keys)
      this.opened = { keys, apis: openApis(this.access.baseUrl, keyId, secret) };
    return this.opened.apis;
  }
}

const MESSAGE_LENGTH_MAX = 300;
const NEVER = new AbortController().signal;

type Apis = ReturnType<typeof openApis>;

/**
 * Retries are for reads: the SDK repeats no POST, PATCH or DELETE. Its own limit of the rate goes by the clock of the
 * board, so that it only counts the calls that run.
 */
function openApis(basePath: string, keyId: string, secret: string) {
  const pace = new ProcessPace(60_000 / CALLS_PER_MINUTE, CALLS_PER_MINUTE);
  const configuration = new trading.Configuration({
    basePath,
    keyId,
    secret,
    timeoutMs: TIMEOUT_MS,
    rateLimit: { maxRequests: Number.MAX_SAFE_INTEGER, maxConcurrent: CALLS_AT_ONCE },
    fetchApi: async (url, init) => {
      await pace.turn(init?.signal ?? NEVER);
      return fetch(url, init);
    },
    retry: { maxRetries: 2, retryDelayMs: 250, maxDelayMs: 2_000 },
  });
  return {
    accounts: new trading.AccountsApi(configuration),
    activities: new trading.AccountActivitiesApi(configuration),
    assets: new trading.AssetsApi(configuration),
    clock: new trading.ClockApi(configuration),
    orders: new trading.OrdersApi(configuration),
    positions: new trading.PositionsApi(configuration),
  };
}

export function isRefusal(answer: object): answer is AlpacaRefusal {
  return 'status' in answer && typeof answer.status === 'number' && 'message' in answer;
}

/** @throws Failure where the response does not say what Alpaca did */
function refusalOf({
  status,
  code,
  message,
  retryAfterMs,
  response,
}: errors.ApiError): AlpacaRefusal {
  const json = response.headers.get('content-type')?.includes('json') === true;
  if (CERTAIN.has(status) && json) return { status, code: String(code ?? ''), message };
  if (status === 429)
    throw new Failure('TOO_BUSY', `${BROKER} asks for fewer calls.`, {
      retryAfterMs: retryAfterMs ?? 60_000,
    });
  if (status === 401)
    throw new Failure('UNAVAILABLE', `${BROKER} does not accept the keys.`, { what: BROKER });
  throw new Failure('UNAVAILABLE', `${BROKER} answered ${status}.`, { what: BROKER });
}

function failureOf({ status, message }: AlpacaRefusal): Failure {
  return broken(`${status} to a read: ${message}`);
}

async function textOf({ raw }: Answer): Promise<string> {
  try {
    return await raw.text();
  } catch (cause) {
    throw unavailable(BROKER, withoutSecrets(cause));
  }
}

function broken(detail: string): Failure {
  return brokenAnswer(BROKER, detail);
}

/** Only the error's name: an error of the client may contain the request and its headers. */
function withoutSecrets(thrown: unknown): Error {
  return new Error(thrown instanceof Error ? thrown.name : 'unknown');
}
