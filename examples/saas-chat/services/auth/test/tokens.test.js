import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokens } from '../src/tokens.js';

test('a token leads back to its session', () => {
  const tokens = createTokens('secret');
  const { id, token } = tokens.issue();
  assert.equal(tokens.read(token), id);
});

test('a forged token leads nowhere', () => {
  const { token } = createTokens('another secret').issue();
  const { read } = createTokens('secret');
  for (const forged of [token, `${token}x`, token.split('.')[0], '', '.', 'ä.ö'])
    assert.equal(read(forged), undefined, forged);
});
