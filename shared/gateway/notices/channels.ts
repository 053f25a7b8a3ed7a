/** The channels that are configured; without a setting there is none, and nothing leaves. */
import { emailChannel } from '#shared/clients/notices/email.ts';
import type { NoticeChannel } from '#shared/clients/notices/notice-channel.ts';
import { ntfyChannel } from '#shared/clients/notices/ntfy.ts';
import { telegramChannel, type TelegramOptions } from '#shared/clients/notices/telegram.ts';
import { webhookChannel } from '#shared/clients/notices/webhook.ts';
import type { Settings } from '#shared/process/settings.ts';
import { functionSecretsDir } from '#shared/runtime/secrets-dir.ts';
import { secretIn } from '#shared/runtime/tokens.ts';

export function noticeChannels(settings: Settings): readonly NoticeChannel[] {
  const { noticeNtfy: ntfy, noticeEmailTo: to, noticeWebhook: webhook } = settings;
  const telegram = telegramOptions(settings);
  const from = settings.noticeEmailFrom ?? to ?? '';
  const secret = (name: string) => optionalSecret(settings, name);
  return [
    ...(ntfy === undefined ? [] : [ntfyChannel(ntfy, secret('ntfy-token'))]),
    ...(telegram === undefined ? [] : [telegramChannel(telegram)]),
    ...(to === undefined ? [] : [emailChannel({ from, to, server: secret('smtp-url') })]),
    ...(webhook === undefined ? [] : [webhookChannel(webhook, secret('webhook-key'))]),
  ];
}

export function telegramOptions(settings: Settings): TelegramOptions | undefined {
  const { noticeTelegramChat: chat, noticeTelegramUrl: server } = settings;
  return chat === undefined
    ? undefined
    : { server, chat, token: optionalSecret(settings, 'telegram-token') };
}

/** Empty where there is no such secret. */
function optionalSecret(settings: Settings, name: string): () => string {
  const read = secretIn(functionSecretsDir(settings), name);
  return () => {
    try {
      return read();
    } catch {
      return '';
    }
  };
}
