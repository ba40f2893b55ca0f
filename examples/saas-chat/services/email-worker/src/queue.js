import { MAIL_QUEUE } from '@saas-chat/service-kit';

const WORKERS = 'mail:workers';
const FAILED = 'mail:failed';
const KEPT_FAILED = 1_000;
const WAIT_S = 1;
// Longer than a delivery may take, and than Redis is usually away.
const LEASE_S = 30;

/**
 * The mails that wait, in Redis. A mail moves in one step from the queue into the list of the worker
 * that has it in hand, so no two have the same one, and a worker that dies loses none: the lease that
 * it renews with each beat ends, and the others' next beat puts its mails back in front.
 * `blocking` is a connection of its own, on which taking waits.
 */
export function redisQueue({ redis, blocking, worker }) {
  const listOf = (name) => `mail:processing:${name}`;
  const leaseOf = (name) => `mail:lease:${name}`;
  const mine = listOf(worker);

  async function rescue(name) {
    while (await redis.lMove(listOf(name), MAIL_QUEUE, 'RIGHT', 'RIGHT'));
    await redis.sRem(WORKERS, name);
  }

  return {
    async beat() {
      await redis.multi().sAdd(WORKERS, worker).setEx(leaseOf(worker), LEASE_S, worker).exec();
      for (const name of await redis.sMembers(WORKERS))
        if (!(await redis.exists(leaseOf(name)))) await rescue(name);
    },

    /**
     * The next mail, or null when none came for a second. One that is in hand already comes first: an
     * answer of Redis was lost, or this is the same container, started again.
     */
    take: async () =>
      (await redis.lIndex(mine, -1)) ??
      (await blocking.blMove(MAIL_QUEUE, mine, 'RIGHT', 'LEFT', WAIT_S)),

    sent: (mail) => redis.lRem(mine, 1, mail),

    /** To the end of the queue. */
    later: (mail) => redis.multi().lRem(mine, 1, mail).lPush(MAIL_QUEUE, mail).exec(),

    failed: (mail) =>
      redis
        .multi()
        .lRem(mine, 1, mail)
        .lPush(FAILED, mail)
        .lTrim(FAILED, 0, KEPT_FAILED - 1)
        .exec(),

    /** Gives up the lease: what is in hand, if anything, is the others' at once. */
    leave: () => redis.del(leaseOf(worker)),
  };
}
