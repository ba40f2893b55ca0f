import { HttpError, readCounts } from '@saas-chat/service-kit';

const isEvent = (name) => /^[a-z]+(\.[a-z]+){0,3}$/.test(name) && name.length <= 64;
const isDay = (day) => /^\d{4}-\d{2}-\d{2}$/.test(day);

export function analyticsRoutes({ release, counts, now = () => new Date() }) {
  const today = () => now().toISOString().slice(0, 10);

  return {
    // From other services only: nginx lets nobody else in here.
    'POST /events': async ({ request }) => {
      await counts.add(today(), await readCounts(request, isEvent));
      return { status: 202, body: { accepted: true } };
    },

    'GET /counts': async ({ query }) => {
      const day = query.get('day') ?? today();
      if (!isDay(day)) throw new HttpError(400, 'day: YYYY-MM-DD');
      return { body: { day, counts: await counts.of(day), revision: release.revision } };
    },
  };
}
