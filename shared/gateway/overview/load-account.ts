/** Loads the stored data of an account for the overview. */
import { addDays, dayOf, type CalendarDay } from '#shared/kernel/calendar-day.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { DAY_MS, instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Plan } from '#shared/planning/model/plan.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import { loadAccount, type AccountView } from '#shared/portfolio/account-view.ts';
import { Accounts, type Account } from '#shared/portfolio/accounts.ts';
import { loadDailyPrices } from '#shared/portfolio/load-prices.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import type { ConvertedLine } from '#shared/portfolio/model/converted-lines.ts';
import { securitiesIn } from '#shared/portfolio/model/ledger-lines.ts';
import type { History } from '#shared/portfolio/model/value-history.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import { ledgerInBase } from '#shared/portfolio/other-cash.ts';
import { lastPolicy } from '#shared/portfolio/policy/policy-in-force.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { OrderRecord } from '#shared/trading/model/order-record.ts';
import { StoredOrders } from '#shared/trading/stored-orders.ts';
import type { Security } from '#shared/universe/model/security.ts';
import { ProposalStore } from '../approval/proposal-store.ts';
import { trustOf } from '../approval/trust-store.ts';
import type { Proposal } from '../model/proposal.ts';
import { StoredMarket } from '#shared/universe/stored-market.ts';

export interface AccountFacts extends AccountView {
  readonly account: Account;
  readonly today: CalendarDay;
  readonly ledger: readonly LedgerEntry[];
  /** The ledger with all cash in the account's currency. */
  readonly ledgerInBase: readonly ConvertedLine[];
  readonly securities: ReadonlyMap<Isin, Security>;
  /** Not yet in a final state. */
  readonly live: readonly OrderRecord[];
  /** Newest first. */
  readonly recent: readonly OrderRecord[];
  readonly plan: Plan | undefined;
  /** Not answered, or approved and not carried out yet. */
  readonly proposal: Proposal | undefined;
  readonly trustLevel: string;
  /** Of the policy in force. */
  readonly taxRules: PolicyTax;
}

/** States of a plan that is not settled. */
const OPEN: ReadonlySet<string> = new Set(['PROPOSED', 'APPROVED', 'EXECUTING']);
const RECENT_DAYS = 90;
/** Plans of other accounts lie between. */
const PLANS_SEARCHED = 50;
/** Days before the first movement in which the close it is valued at must lie. */
const CLOSE_AGE_DAYS_MAX = 30;

/** @throws Failure NOT_FOUND for an account that was not opened */
export async function loadAccountFacts(
  dependencies: Dependencies,
  id: AccountId,
): Promise<AccountFacts> {
  const { database, baseCurrency, marketData } = dependencies;
  const account = await new Accounts(database, baseCurrency).require(id);
  const now = dependencies.now();
  const trades = new StoredOrders(database);
  const [view, ledger, securities, live, recent, latest, proposals, trust, inForce] =
    await Promise.all([
      loadAccount(dependencies, id),
      new StoredBook(database, baseCurrency).ledger(id),
      new StoredMarket(database).securities(),
      trades.liveOrders(id),
      trades.historySince(id, instantOf(now - RECENT_DAYS * DAY_MS)),
      latestPlan(dependencies, id),
      new ProposalStore(database, id).all(),
      trustOf(dependencies, id),
      lastPolicy(dependencies, id),
    ]);
  const proposal = proposals.find((one) => isOpen(one, now));
  const plan = proposal ? await new StoredPlans(database).find(proposal.planId) : latest;
  const today = marketData.today(now);
  const byIsin = new Map(securities.map((one) => [one.isin, one]));
  const open = { plan: plan ?? latest, proposal, trustLevel: trust.level };
  const taxRules = inForce.policy.tax;
  const converted = await ledgerInBase(new StoredMarket(database), ledger, baseCurrency);
  return {
    ...{ ...view, account, today, ledger, securities: byIsin, live, recent, taxRules, ...open },
    ledgerInBase: converted.lines,
  };
}

/** One whose time is over counts as answered with no, also before that is written down. */
function isOpen({ state, expiresAt }: Proposal, now: Instant): boolean {
  return OPEN.has(state) && (state !== 'PROPOSED' || expiresAt > now);
}

async function latestPlan(
  { database }: Dependencies,
  account: AccountId,
): Promise<Plan | undefined> {
  const { plans } = await new StoredPlans(database).page('', 0, PLANS_SEARCHED);
  return plans.find(({ accountId }) => accountId === account);
}

/** The ledger with the prices of all that it ever held, and of the benchmark. */
export async function loadHistory(
  { database, baseCurrency }: Dependencies,
  { ledger, securities, today }: AccountFacts,
  benchmark: Isin | undefined,
): Promise<History> {
  const held = securitiesIn(ledger);
  const needed = [...securities.values()].filter(
    ({ isin }) => held.has(isin) || isin === benchmark,
  );
  const [first = today] = ledger.map((line) => dayOf(line.happenedAt)).sort();
  const from = addDays(first, -CLOSE_AGE_DAYS_MAX);
  const market = new StoredMarket(database);
  const prices = await loadDailyPrices(market, needed, ledger, baseCurrency, from);
  return { ...prices, ledger, today };
}

/** Only what the account held: a day counts where one of those was traded. */
export function withoutBenchmark(history: History, benchmark: Isin | undefined): History {
  const held = securitiesIn(history.ledger);
  if (benchmark === undefined || held.has(benchmark)) return history;
  return { ...history, series: new Map([...history.series].filter(([isin]) => held.has(isin))) };
}
