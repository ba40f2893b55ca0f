import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';

/** Tokens are `<session id>.<signature>`: a forged one is refused without asking the database. */
export function createTokens(secret) {
  const sign = (id) => createHmac('sha256', secret).update(id).digest();
  const same = (a, b) => a.length === b.length && timingSafeEqual(a, b);
  return {
    issue() {
      const id = randomUUID();
      return { id, token: `${id}.${sign(id).toString('base64url')}` };
    },
    /** The session id of a token that we signed, else undefined. */
    read(token) {
      const [id, signature = ''] = token.split('.');
      return same(Buffer.from(signature, 'base64url'), sign(id)) ? id : undefined;
    },
  };
}
