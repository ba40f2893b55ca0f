import { callerOf, HttpError, readCounts, readJson } from '@saas-chat/service-kit';
import { invoiceOf, plans } from './plans.js';

const isWorkspace = (name) => name.length >= 1 && name.length <= 64;
const isAddress = (text) =>
  typeof text === 'string' && text.length <= 254 && /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(text);

/** Every user has one workspace, named after them: teams are not what this example is about. */
export function billingRoutes({ release, auth, accounts, mails, now = () => new Date() }) {
  const month = () => now().toISOString().slice(0, 7);

  return {
    'GET /plans': async () => ({ body: { currency: 'EUR', plans } }),

    'POST /subscription': async (call) => {
      const { plan, email } = await readJson(call.request);
      if (typeof plan !== 'string' || !Object.hasOwn(plans, plan))
        throw new HttpError(400, `plan: one of ${Object.keys(plans).join(', ')}`);
      if (!isAddress(email)) throw new HttpError(400, 'email: an address');
      const { user } = await callerOf(call, auth);
      if (user === 'guest') throw new HttpError(401, 'sign in first');
      await accounts.subscribe(user, plan);
      await mails.add({
        to: email,
        subject: `Your plan: ${plan}`,
        text: `Hello ${user},\n\nyour workspace is on the plan ${plan} from now on.\n`,
      });
      return { status: 201, body: { workspace: user, plan } };
    },

    // From other services only: nginx lets nobody else in here.
    'POST /usage': async ({ request }) => {
      await accounts.addUsage(month(), await readCounts(request, isWorkspace));
      return { status: 202, body: { accepted: true } };
    },

    // What this month would cost the caller if it ended now.
    'GET /invoice': async (call) => {
      const { user: workspace } = await callerOf(call, auth);
      const [plan, messages] = await Promise.all([
        accounts.planOf(workspace),
        accounts.usageOf(month(), workspace),
      ]);
      const invoice = { workspace, month: month(), currency: 'EUR', ...invoiceOf(plan, messages) };
      return { body: { ...invoice, revision: release.revision } };
    },
  };
}
