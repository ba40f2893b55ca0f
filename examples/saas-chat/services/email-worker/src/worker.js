import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@saas-chat/service-kit';

const BEAT_MS = 5_000;
const PAUSE_MS = 1_000;
const GIVE_UP_MS = 3 * 24 * 60 * 60 * 1_000;

/**
 * What becomes of a mail that was not delivered. A code from 500 on is a no for ever, unless it is our
 * own login that was refused; anything else is tried again, for three days as mail servers do.
 */
function verdictOn(mail, { code, responseCode }) {
  const refused = responseCode >= 500 && code !== 'EAUTH';
  const young = Date.now() - Date.parse(mail.at) < GIVE_UP_MS;
  return young && !refused ? 'later' : 'failed';
}

/** Takes mails from the queue one by one and delivers them, until it is told to stop. */
export function createWorker({ queue, deliver, beatMs = BEAT_MS, pauseMs = PAUSE_MS }) {
  const stopping = new AbortController();
  let running;

  const pause = () => sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});

  /** Tries until it has worked; not any more once the worker is to stop. */
  async function insist(what, action) {
    for (;;) {
      try {
        return await action();
      } catch (error) {
        log('warn', `cannot ${what}`, { reason: error.message });
        if (stopping.signal.aborted) return null;
        await pause();
      }
    }
  }

  async function attempt(text) {
    let mail = {};
    try {
      mail = { ...JSON.parse(text) };
      await deliver(mail);
      log('info', 'a mail is sent', { id: mail.id });
      return 'sent';
    } catch (error) {
      const verdict = verdictOn(mail, error); // Of what is no mail at all: failed, having no date.
      log('warn', `a mail is not sent: ${verdict}`, { id: mail.id, reason: error.message });
      return verdict;
    }
  }

  async function work() {
    await insist('announce the worker', queue.beat);
    const beats = setInterval(
      () => queue.beat().catch((error) => log('warn', 'no beat', { reason: error.message })),
      beatMs,
    );
    while (!stopping.signal.aborted) {
      const mail = await insist('take a mail', queue.take);
      if (mail === null) continue;
      const verdict = await attempt(mail);
      // Insisted on rather than taken anew: a mail that was delivered must not be delivered again.
      await insist(`note a mail as ${verdict}`, () => queue[verdict](mail));
      if (verdict === 'later') await pause();
    }
    clearInterval(beats);
    await insist('leave', queue.leave);
  }

  return {
    run: () => (running ??= work()),
    /** Resolves when the mail in hand, if there is one, is delivered and noted. */
    stop() {
      stopping.abort();
      return running;
    },
  };
}
