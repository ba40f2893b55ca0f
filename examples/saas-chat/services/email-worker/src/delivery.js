import { log } from '@saas-chat/service-kit';
import { createTransport } from 'nodemailer';

const PATIENCE_MS = 3_000;
const KEPT_IN_OUTBOX = 1_000;

/** Hands mails to an SMTP server, `smtp://user:password@host:587` or `smtps://`. */
export function smtpDelivery(url, from) {
  const transport = createTransport({
    url,
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
  });
  return async ({ id, to, subject, text }) => {
    // The same mail has the same Message-ID, should it ever leave twice.
    await transport.sendMail({ from, to, subject, text, messageId: `<${id}@saas-chat>` });
  };
}

/** For development: mails end up in a stream in Redis, where one can look at them. */
export function outboxDelivery(redis) {
  return async ({ id, to, subject, text }) => {
    const TRIM = { strategy: 'MAXLEN', strategyModifier: '~', threshold: KEPT_IN_OUTBOX };
    await redis.xAdd('mail:outbox', '*', { id, to, subject, text }, { TRIM });
    log('info', 'a mail is in the outbox', { id });
  };
}
