/**
 * The owner's page as a function: views and forms. It is not an operation; it calls operations, and
 * only those that the session's role permits.
 */
import { Failure } from '#shared/kernel/failure.ts';
import { Page } from '#shared/page/page.ts';
import type { Credentials } from '#shared/page/sign-in.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { ambientDependencies } from '#shared/runtime/dependencies.ts';
import type {
  FunctionContext,
  FunctionEvent,
  FunctionHandler,
  FunctionResult,
} from '#template/function.ts';

const pages = new WeakMap<Dependencies, Page>();

async function answer(event: FunctionEvent, context: FunctionContext): Promise<FunctionResult> {
  try {
    const dependencies = await dependenciesOf(context);
    const page = pages.get(dependencies) ?? new Page(dependencies);
    pages.set(dependencies, page);
    return await page.answer(event, context.signal, () => credentialsOf(dependencies, context));
  } catch (thrown) {
    const { message, rule } = Failure.from(thrown);
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
    return { status: rule.http, headers, body: `The page cannot be shown now: ${message}\n` };
  }
}

/** Without its secret nobody signs in by the password; tokens still do. */
async function credentialsOf(
  { tokens }: Dependencies,
  context: FunctionContext,
): Promise<Credentials> {
  const password = await context.secret('operator-password').catch(() => '');
  return { password, tokens };
}

async function dependenciesOf({ shared }: FunctionContext): Promise<Dependencies> {
  return (shared as Dependencies | undefined) ?? ambientDependencies();
}

async function ready(context: FunctionContext): Promise<void> {
  await (await dependenciesOf(context)).database.redis.ping();
}

const page: FunctionHandler = Object.assign(answer, { ready });

export default page;
