/** The actions of the page: each calls an operation, and names the role that may request it. */
import { gateway } from '#shared/contract/gateway.ts';
import { trading } from '#shared/contract/trading.ts';
import { ask, required, type Action, type ActionCall } from './page-action.ts';
import { passkeyAdd, passkeyRemove } from './passkeys/passkey-actions.ts';
import { approve, change, reject } from './plan-answers.ts';
import { deposit, importFile, withdrawal } from './money-actions.ts';
import { policy, restriction, targets } from './policy-actions.ts';

const halt: Action = {
  role: 'trade',
  run: (_form, call) => setState(call, 'HALTED'),
};

const reduce: Action = {
  role: 'trade',
  run: (_form, call) => setState(call, 'REDUCING'),
};

const resume: Action = {
  role: 'trade',
  needsProof: true,
  run: (_form, call) => setState(call, 'ACTIVE'),
};

const cancel: Action = {
  role: 'trade',
  run: async (form, call) => {
    const tradeId = required(form, 'trade');
    const request = { tradeId, reason: `cancelled on the page by ${call.who}` };
    const { success, message } = await ask(call, trading.cancelTrade, request);
    return `${success ? 'Cancelled' : 'Not cancelled'}: ${message}`;
  },
};

const job: Action = {
  role: 'trade',
  run: async (form, call) => {
    const request = { jobName: required(form, 'job'), force: form.get('force') === 'yes' };
    return (await ask(call, gateway.triggerJob, request)).message;
  },
};

const trust: Action = {
  role: 'trade',
  needsProof: true,
  run: async (form, call) => {
    const confirmation = form.get('confirmation')?.trim() ?? '';
    const request = { level: required(form, 'level'), confirmation, setBy: call.who };
    return (await ask(call, gateway.setTrust, request)).message;
  },
};

const testNotices: Action = {
  role: 'write',
  run: async (form, call) => {
    const request = { channel: form.get('channel') ?? '' };
    const { results } = await ask(call, gateway.testNotices, request);
    return results
      .map(({ channel, delivered, message }) => `${channel}: ${delivered ? 'sent' : message}`)
      .join('; ');
  },
};

export const actions: Readonly<Record<string, Action>> = {
  halt,
  reduce,
  resume,
  cancel,
  deposit,
  job,
  approve,
  change,
  reject,
  trust,
  'test-notices': testNotices,
  'passkey-add': passkeyAdd,
  'passkey-remove': passkeyRemove,
  withdrawal,
  import: importFile,
  policy,
  restriction,
  targets,
};

async function setState(call: ActionCall, state: 'ACTIVE' | 'REDUCING' | 'HALTED') {
  const reason = `${state === 'ACTIVE' ? 'resumed' : 'set'} on the page by ${call.who}`;
  const answer = await ask(call, trading.setTradingState, { state, reason });
  const open = answer.ordersUnderWay.length;
  return open > 0
    ? `${answer.message} Orders that were under way before: ${open}.`
    : answer.message;
}
