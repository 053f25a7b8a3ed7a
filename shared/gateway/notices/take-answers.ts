/** Buttons that were pressed in Telegram: each is an answer by its token, from the configured chat alone. */
import {
  concludeButton,
  pressedButtons,
  type PressedButton,
  type TelegramOptions,
} from '#shared/clients/notices/telegram.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Context } from '#shared/runtime/context.ts';
import { telegramOptions } from './channels.ts';
import type { NoticeStore } from './notice-store.ts';

const ASK_MS_MAX = 10_000;

/** A press is confirmed to Telegram after its answer is stored: a crash answers once more. */
export async function takeAnswers(context: Context, store: NoticeStore): Promise<void> {
  const telegram = telegramOptions(context.settings);
  if (telegram === undefined || context.settings.noticeApproveMax <= 0) return;
  try {
    const signal = AbortSignal.timeout(ASK_MS_MAX);
    for (const pressed of await pressedButtons(telegram, await store.offset(), signal)) {
      await takeAnswer(context, telegram, pressed);
      await store.setOffset(pressed.updateId + 1);
    }
  } catch (thrown) {
    const { message: detail } = Failure.from(thrown);
    context.log.warn('notice-answers-failed', { channel: 'telegram', detail });
  }
}

async function takeAnswer(
  context: Context,
  telegram: TelegramOptions,
  pressed: PressedButton,
): Promise<void> {
  if (pressed.callbackId === '' || pressed.chat !== telegram.chat) return;
  const text = await answered(context, pressed.data);
  await concludeButton(telegram, pressed, text, AbortSignal.timeout(ASK_MS_MAX)).catch(
    (thrown: unknown) => {
      // The answer stands; only the buttons stay in the message.
      const { message: detail } = Failure.from(thrown);
      context.log.warn('notice-answers-failed', { channel: 'telegram', detail });
    },
  );
}

/** @throws Failure UNAVAILABLE, so that the press is taken again */
async function answered({ functions, callOptions }: Context, token: string): Promise<string> {
  try {
    return (await functions.call(gateway.answerProposal, { token }, callOptions())).message;
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    if (code === 'UNAVAILABLE') throw thrown;
    return message;
  }
}
