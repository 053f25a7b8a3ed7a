/** The channels that are configured; without a setting there is none, and nothing leaves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emailChannel } from '#shared/clients/notices/email.ts';
import type { NoticeChannel } from '#shared/clients/notices/notice-channel.ts';
import { ntfyChannel } from '#shared/clients/notices/ntfy.ts';
import { telegramChannel } from '#shared/clients/notices/telegram.ts';
import { webhookChannel } from '#shared/clients/notices/webhook.ts';
import type { Settings } from '#shared/process/settings.ts';

export function noticeChannels(settings: Settings): readonly NoticeChannel[] {
  const secret = (name: string) => (): string => secretText(settings, name);
  const { noticeNtfy, noticeTelegramChat: chat, noticeTelegramUrl: server } = settings;
  const { noticeEmailTo: to, noticeEmailFrom, noticeWebhook } = settings;
  const from = noticeEmailFrom ?? to ?? '';
  return [
    ...(noticeNtfy === undefined ? [] : [ntfyChannel(noticeNtfy, secret('ntfy-token'))]),
    ...(chat === undefined
      ? []
      : [telegramChannel({ server, chat, token: secret('telegram-token') })]),
    ...(to === undefined ? [] : [emailChannel({ from, to, server: secret('smtp-url') })]),
    ...(noticeWebhook === undefined ? [] : [webhookChannel(noticeWebhook, secret('webhook-key'))]),
  ];
}

/** Where secrets are mounted, or where `npm start` keeps those of functions; empty where there is none. */
function secretText({ dataDir }: Settings, name: string): string {
  const { SECRETS_DIR: own, secret_mount_path: mounted } = process.env;
  const embedded = join(dataDir, 'function-secrets', 'openfaas-fn');
  for (const dir of [own, mounted, '/var/openfaas/secrets', embedded]) {
    try {
      if (dir) return readFileSync(join(dir, name), 'utf8').trim();
    } catch {
      // The next folder may have it.
    }
  }
  return '';
}
