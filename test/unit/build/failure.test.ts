import { describe, expect, test } from '@jest/globals';
import { buildFailure, mayPass } from '../../../src/build/failure.ts';

const PLACE = { dockerfile: 'services/web/Dockerfile', image: 'ghcr.io/acme/web' };
const fail = (errors: string[], words: string[] = [], said: string[] = []) =>
  buildFailure({ errors, words, said }, PLACE);
const PUT =
  'failed to push ghcr.io/acme/web: unexpected status from PUT request to https://ghcr.io/v2/acme/web/manifests/sha256:1:';

describe('what BuildKit says', () => {
  test.each([
    // The Dockerfile, as BuildKit 0.25 and the classic engine 28 put it.
    ['secret npmrc: not found', 'secret-missing', 'services/web/Dockerfile'],
    ['process "/bin/sh -c npm ci" did not complete successfully: exit code: 1', 'build-step-failed', 'services/web/Dockerfile'],
    ['failed to calculate checksum of ref a::b: "/nothere": not found', 'copy-source-missing', 'services/web/Dockerfile'],
    ['docker.io/library/nope:1: not found', 'base-image-missing', 'services/web/Dockerfile'],
    ['node:24: failed to resolve source metadata for docker.io/library/node:24: no match for platform in manifest: not found', 'platform-unsupported', 'services/web/Dockerfile'],
    ['exec /bin/sh: exec format error', 'platform-unsupported', 'services/web/Dockerfile'],
    ['write /var/lib/buildkit/x: no space left on device', 'builder-disk-full', 'services/web/Dockerfile'],
    ['dockerfile parse error on line 7: unknown instruction: COPPY', 'dockerfile-invalid', 'services/web/Dockerfile:7'],
    ['target stage "zzz" could not be found', 'dockerfile-invalid', 'services/web/Dockerfile'],
    ['something that nobody has seen', 'build-failed', 'services/web/Dockerfile'],
    // Registries.
    [`${PUT} 403 Forbidden`, 'registry-denied', 'ghcr.io/acme/web'],
    [`${PUT} 401 Unauthorized`, 'registry-denied', 'ghcr.io/acme/web'],
    [`${PUT} 429 Too Many Requests`, 'registry-limit', 'ghcr.io/acme/web'],
    [`${PUT} 507 Insufficient Storage`, 'registry-limit', 'ghcr.io/acme/web'],
    [`${PUT} 405 Method Not Allowed`, 'registry-read-only', 'ghcr.io/acme/web'],
    [`${PUT} 503 Service Unavailable`, 'registry-failed', 'ghcr.io/acme/web'],
    ['failed to push ghcr.io/acme/web: denied: quota exceeded', 'registry-limit', 'ghcr.io/acme/web'],
    ['failed to push ghcr.io/acme/web: denied: permission_denied: write_package', 'registry-denied', 'ghcr.io/acme/web'],
    ['failed to push ghcr.io/acme/web: unavailable: back in a minute', 'registry-failed', 'ghcr.io/acme/web'],
    ['failed to authorize: no basic auth credentials', 'registry-denied', 'ghcr.io/acme/web'],
    ['toomanyrequests: You have reached your unauthenticated pull rate limit', 'registry-limit', 'ghcr.io/acme/web'],
    ['failed to do request: Head "https://r.example/v2/base/x/manifests/1": dial tcp 192.0.2.1:443: i/o timeout', 'registry-unreachable', 'r.example/base/x'],
    ['failed to do request: Head "https://r.example:5000/v2/base/x/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority', 'registry-untrusted', 'r.example:5000/base/x'],
    ['failed to do request: Head "https://r.example:5000/v2/base/x/manifests/1": http: server gave HTTP response to HTTPS client', 'registry-untrusted', 'r.example:5000/base/x'],
  ])('%s', (error, id, value) => {
    const problem = fail([error]);
    expect([problem.id, problem.value]).toEqual([id, value]);
    expect(problem.fix).not.toBe('');
  }); // prettier-ignore

  test('the line that buildx quotes is the place', () => {
    const words = [
      'WARNING: no output',
      'Dockerfile:3',
      '-----',
      ' 3 | >>> RUN false',
      'ERROR: failed to solve: x',
    ];
    expect(fail(['secret a: not found'], words).value).toBe('services/web/Dockerfile:3');
  });

  test('without an error of a step, the words of buildx count', () => {
    const words = [
      'Dockerfile:2',
      'ERROR: failed to build: failed to solve: dockerfile parse error on line 2: unknown instruction: X',
    ];
    expect(fail([], words)).toMatchObject({
      id: 'dockerfile-invalid',
      value: 'services/web/Dockerfile:2',
    });
    expect(fail([], []).message).toBe('The build failed: it said nothing');
  });

  test('the log of a step tells a foreign program from a failing one', () => {
    const error = 'process "/x" did not complete successfully: exit code: 255';
    expect(fail([error], [], ['exec /x: exec format error']).id).toBe('platform-unsupported');
  });

  test('hostile words become harmless', () => {
    expect(fail(['secret a\u001b[2J: not found']).message).not.toContain('\u001b');
    expect(fail(['x\n::error::y']).message).not.toContain('\n');
  });

  test.each([
    [`${PUT} 503 Service Unavailable`, true],
    ['failed to do request: dial tcp: connection refused', true],
    [`${PUT} 429 Too Many Requests`, true],
    [`${PUT} 403 Forbidden`, false],
    ['secret a: not found', false],
    ['process "x" did not complete successfully: exit code: 1', false],
  ])('is worth another attempt or not: %s', (error, expected) => {
    expect(mayPass(fail([error]))).toBe(expected);
  });
});
