import { randomUUID } from 'node:crypto';

/** The list in Redis: mails join on the left, the email-worker takes them from the right. */
export const MAIL_QUEUE = 'mail:queue';

/** Where a service leaves a mail, `{ to, subject, text }`, for the email-worker. */
export function redisMails(redis) {
  return {
    add: (mail) =>
      redis.lPush(
        MAIL_QUEUE,
        JSON.stringify({ id: randomUUID(), at: new Date().toISOString(), ...mail }),
      ),
  };
}
