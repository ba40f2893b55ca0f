/** What a workspace can have: a price a month, the messages in it, and what each further one costs; in cents. */
export const plans = {
  free: { monthly: 0, included: 1_000, each: 0 },
  team: { monthly: 1_900, included: 10_000, each: 1 },
  company: { monthly: 9_900, included: 100_000, each: 1 },
};

/** What this many messages in a month come to. */
export function invoiceOf(plan, messages) {
  const { monthly, included, each } = plans[plan];
  const extra = Math.max(0, messages - included);
  return { plan, messages, included, extra, total_cents: monthly + extra * each };
}
