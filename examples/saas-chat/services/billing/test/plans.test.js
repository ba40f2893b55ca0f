import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoiceOf } from '../src/plans.js';

test('messages beyond those of the plan cost extra', () => {
  const total = (plan, messages) => invoiceOf(plan, messages).total_cents;
  assert.equal(total('free', 5_000), 0);
  assert.equal(total('team', 10_000), 1_900);
  assert.equal(total('team', 10_001), 1_901);
  assert.equal(invoiceOf('team', 10_001).extra, 1);
});
