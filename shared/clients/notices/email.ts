/** E-mail in text and HTML, through the SMTP server of the secret `smtp-url`. */
import { escapedHtml } from '#shared/kernel/text.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { NoticeChannel, OutgoingNotice } from './notice-channel.ts';
import { noticeId } from './notice-id.ts';

export interface EmailOptions {
  readonly from: string;
  readonly to: string;
  /** `smtps://user:password@mail.example:465` */
  readonly server: () => string;
}

const SERVER_MS_MAX = 20_000;

export function emailChannel({ from, to, server }: EmailOptions): NoticeChannel {
  return {
    name: 'email',
    hasButtons: false,
    send: async (notice) => {
      if (server() === '') throw new Failure('UNAVAILABLE', 'The secret smtp-url is missing.');
      // Loaded by those who send mail only.
      const { createTransport } = await import('nodemailer');
      const limits = { connectionTimeout: SERVER_MS_MAX, socketTimeout: SERVER_MS_MAX };
      const transport = createTransport(server(), { from, to });
      Object.assign(transport.options, limits);
      try {
        await transport.sendMail(mailOf(notice, from));
      } catch (thrown) {
        throw failureOf(thrown as SmtpError);
      } finally {
        transport.close();
      }
    },
  };
}

interface SmtpError extends Error {
  readonly responseCode?: number;
}

/** 5xx is for ever, all else is for now. What the server said may hold addresses and stays inside. */
function failureOf(cause: SmtpError): Failure {
  const { responseCode: code = 0 } = cause;
  const facts = { status: code };
  if (code >= 500)
    return new Failure('REFUSED', `The mail server refused it with ${code}.`, {
      rule: 'notice-refused',
      ...facts,
    });
  return new Failure('UNAVAILABLE', 'The mail server did not take it.', facts, cause);
}

function mailOf({ key, title, text, url }: OutgoingNotice, from: string) {
  const host =
    from
      .split('@')
      .at(-1)
      ?.replace(/[^\w.-]/g, '') || 'trader';
  const link = url === '' ? '' : `\n\n${url}`;
  const anchor = url === '' ? '' : `<p><a href="${escapedHtml(url)}">Open</a></p>`;
  const paragraphs = text.split('\n').map((line) => `<p>${escapedHtml(line)}</p>`);
  return {
    subject: title,
    text: `${text}${link}`,
    html: `<h2>${escapedHtml(title)}</h2>${paragraphs.join('')}${anchor}`,
    messageId: `<${noticeId(key)}@${host}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}
