import { describe, expect, test } from '@jest/globals';
import { UserError } from '../../../../src/kit/errors.ts';
import { ofRegistry, ofTrivy, stale } from '../../../../src/scan/database/failure.ts';
import { KINDS } from '../../../../src/scan/database/kinds.ts';

const kind = KINDS.vulnerability;
const FATAL =
  '2026-11-21T14:52:36Z\tFATAL\tFatal error\trun error: init error: DB error: failed to download vulnerability DB: OCI artifact error: ';

// What Trivy 0.74.0 says.
test.each([
  [
    'GET https://r.example/v2/trivy-db/manifests/2: UNAUTHORIZED: authentication required',
    'database-denied',
  ],
  ['GET https://r.example/v2/trivy-db/blobs/sha256:0: DENIED: no', 'database-denied'],
  ['GET https://cdn.example/x: unexpected status code 403 Forbidden: <html>', 'database-denied'],
  [
    'GET https://r.example/v2/trivy-db/manifests/2: MANIFEST_UNKNOWN: manifest unknown',
    'database-missing',
  ],
  ['GET https://cdn.example/x: unexpected status code 404 Not Found', 'database-missing'],
  [
    'GET https://r.example/v2/trivy-db/blobs/sha256:0: TOOMANYREQUESTS: slow down',
    'database-limit',
  ],
  ['GET https://cdn.example/x: unexpected status code 429 Too Many Requests', 'database-limit'],
  [
    'GET https://cdn.example/x: unexpected status code 503 Service Unavailable: no',
    'database-failed',
  ],
  ['Get "https://r.example/v2/": dial tcp: lookup r.example: no such host', 'database-unreachable'],
  [
    'Get "https://r.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
    'database-unreachable',
  ],
  ['Get "https://r.example/v2/": net/http: TLS handshake timeout', 'database-unreachable'],
  [
    'Get "https://r.example/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'database-untrusted',
  ],
  ['oci download error: copy error: unexpected EOF', 'database-corrupt'],
  [
    'oci download error: copy error: error verifying sha256 checksum after reading 100 bytes; got "a", want "b"',
    'database-corrupt',
  ],
  ['write /tmp/trivy-1/db.tar.gz: no space left on device', 'database-failed'],
])('%s', (words, id) => {
  const lines = ['2026-11-21T14:52:36Z\tINFO\tDownloading vulnerability DB...', FATAL + words];
  expect(ofTrivy(lines, kind, 'r.example/trivy-db:2').id).toBe(id);
});

test('what was not understood is quoted, the cause above all', () => {
  const lines = [`${FATAL}${'and so on, '.repeat(60)}no space left on device`];
  const { message } = ofTrivy(lines, kind, 'r.example/trivy-db:2');
  expect(message).toMatch(
    /^The vulnerability database could not be fetched: \.\.\. .*no space left on device\.$/,
  );
});

test('earlier lines do not decide: Trivy tells what it tried on the way', () => {
  const lines = ['ERROR\tFailed to download\terr="TOOMANYREQUESTS"', `${FATAL}unexpected EOF`];
  expect(ofTrivy(lines, kind, 'r.example/trivy-db:2').id).toBe('database-corrupt');
});

describe("what the registry's client says", () => {
  const said = (id: string, cause?: unknown): UserError =>
    new UserError(
      { id, message: 'The registry has words.', value: 'r.example', fix: '' },
      { cause },
    );

  test.each([
    ['registry-denied', 'database-denied'],
    ['registry-limit', 'database-limit'],
    ['registry-unreachable', 'database-unreachable'],
    ['registry-untrusted', 'database-untrusted'],
    ['registry-failed', 'database-failed'],
    ['digest-mismatch', 'database-corrupt'],
  ])('%s is %s', (id, expected) => {
    const found = ofRegistry(said(id), kind, 'r.example/trivy-db:2');
    expect(found).toMatchObject({ id: expected, value: 'r.example/trivy-db:2' });
    expect((found as UserError).message).toContain(': The registry has words.');
  });

  test('silence is told from a refusal', () => {
    const error = said('registry-unreachable', new DOMException('late', 'TimeoutError'));
    expect(ofRegistry(error, kind, 'r')).toMatchObject({ id: 'database-timeout' });
  });

  test('anything else is left as it is', () => {
    const bug = new TypeError('x');
    expect(ofRegistry(bug, kind, 'r')).toBe(bug);
    const wrong = said('bad-image');
    expect(ofRegistry(wrong, kind, 'r')).toBe(wrong);
  });
});

test.each([
  [48 * 3_600_000, 'older than 2 days'],
  [36 * 3_600_000, 'older than 1.5 days'],
  [1_800_000, 'older than 30 m 00 s'],
])('an age of %d ms is said as people say it', (maxAgeMs, words) => {
  expect(stale(kind, 'r', new Date(0), maxAgeMs).message).toContain(words);
});
