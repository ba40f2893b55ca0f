import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hostProgram } from '../../../src/host/program.ts';
import {
  encodeRequest,
  isJournalLine,
  parseLine,
  refusal,
  type Verb,
} from '../../../src/host/protocol.ts';

const host = 'deploy@example.com';

describe('parseLine', () => {
  test.each([
    ['done\t0', 'done', ['0']],
    ['hello', 'hello', []],
    ['new\tapi\t\tx', 'new', ['api', '', 'x']],
    ['', '', []],
    ['a b\tc', 'a b', ['c']],
  ])('%j', (text, kind, fields) => {
    expect(parseLine(text)).toEqual({ kind, fields });
  });
});

test.each([
  ['state', true],
  ['step', true],
  ['new', true],
  ['old', true],
  ['touched', true],
  ['failed', true],
  ['log', true],
  ['switching', true],
  ['end', true],
  ['done', false],
  ['refused', false],
  ['hello', false],
  ['lost', false],
  ['recovering', false],
  ['', false],
])('a line %j stands in the journal: %p', (kind, stands) => {
  expect(isJournalLine({ kind, fields: [] })).toBe(stands);
});

test('every kind of line that the host notes in the journal is known to stand there', () => {
  const program = hostProgram();
  const kinds = [
    ...[...program.matchAll(/\bnote ([a-z]+)/g)].map(([, kind]) => kind),
    ...[...program.matchAll(/\| each ([a-z]+)[^|\n]*>>"journal\/\$tx"/g)].map(([, kind]) => kind),
  ];
  expect(kinds).toContain('end');
  expect(kinds).toContain('old');
  for (const kind of kinds)
    expect([kind, isJournalLine({ kind: kind ?? '', fields: [] })]).toEqual([kind, true]);
});

describe('encodeRequest', () => {
  test('verb, arguments, an empty line, the payload', () => {
    const bytes = encodeRequest(
      'prepare',
      { root: 'slipway/x', size: 3, project: undefined, compose: ['a.yml', 'b c.yml'], image: [] },
      [Buffer.from([0, 10]), Buffer.from('x')],
    );
    expect(bytes.toString('latin1')).toBe(
      'prepare\nroot slipway/x\nsize 3\ncompose a.yml\ncompose b c.yml\n\n\0\nx',
    );
  });

  test.each(['a\nstatus', 'a\r', 'a\0b', '\n'])('%j in a value is a bug', (value) => {
    expect(() => encodeRequest('pull', { auth: value })).toThrow('the argument auth holds a line');
    expect(() => encodeRequest('pull', { image: ['fine', value] })).toThrow('the argument image');
  });

  test('no value becomes a second line', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n', 'a\n\nstatus', '\r\n', '\u2028', '\u0085', ' ', ''),
      fc.integer(),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('root', 'tx', 'by'), value), (args) => {
        let bytes: Buffer;
        try {
          bytes = encodeRequest('status', args);
        } catch {
          expect(Object.values(args).some((one) => /[\r\n\0]/.test(String(one)))).toBe(true);
          return;
        }
        const lines = bytes.toString('utf8').split('\n');
        expect(lines).toHaveLength(Object.keys(args).length + 3);
        expect(lines[0]).toBe('status');
        expect(lines.slice(-2)).toEqual(['', '']);
        for (const line of lines.slice(1, -2)) expect(line).toMatch(/^(root|tx|by) /);
      }),
    );
  });
});

describe('refusal', () => {
  test.each([
    ['tool-missing', 'tar', 'tar is not installed', 'sudo apt-get install -y tar'],
    ['tool-missing', 'flock', 'flock is not installed', 'sudo apt-get install -y util-linux'],
    [
      'tool-missing',
      'docker',
      'docker is not installed',
      'https://docs.docker.com/engine/install/',
    ],
    ['docker-unavailable', 'Is the docker daemon running?', 'does not answer', 'systemctl enable'],
    ['compose-missing', 'docker compose', 'Compose v2 is not installed', 'docker-compose-plugin'],
    ['not-writable', '/srv/x', 'cannot be written', 'owner of the folder'],
    ['locked', '20261121 by x', 'Another release is under way', 'Wait for it to end'],
    ['release-unknown', 'r1', 'not kept on the host', 'history'],
    ['environment-unknown', '/srv/x', 'Nothing was ever deployed', 'app, environment and path'],
    ['compose-invalid', 'services.x: bad', 'refuses the Compose files', 'docker compose config'],
  ])('%s %j', (id, value, message, fix) => {
    const problem = refusal([id, value], host);
    expect(problem).toMatchObject({ id, value });
    expect(problem.message).toMatch(/^deploy@example\.com: /);
    expect(problem.message).toContain(message);
    expect(problem.fix).toContain(fix);
  });

  test.each([
    [
      ['docker-unavailable', 'dial unix: permission denied', 'deploy', ''],
      'docker-permission',
      'deploy may not speak to Docker.',
      'sudo usermod -aG docker deploy.',
    ],
    [
      ['docker-unavailable', 'permission denied', 'ci', 'sudo'],
      'docker-permission',
      'it would answer to sudo, which Slipway never uses.',
      'sudo usermod -aG docker ci.',
    ],
    [
      ['docker-unavailable', "template: info:1: can't evaluate field ServerVersion", 'ci', ''],
      'docker-podman',
      'Podman is not supported',
      'podman-docker',
    ],
    [
      ['compose-missing', 'docker compose', '/usr/bin/docker-compose'],
      'compose-missing',
      '/usr/bin/docker-compose is v1',
      'docker-compose-plugin',
    ],
    [
      ['not-writable', '/srv/x', 'mkdir: /srv/x: Read-only file system'],
      'disk-read-only',
      'read-only',
      'findmnt -no TARGET -T /srv/x',
    ],
    [
      ['not-writable', '/srv/x', 'tar: x: No space left on device'],
      'disk-full',
      'the disk of the host is full',
      'docker system prune',
    ],
    [
      ['not-writable', '/srv/x', 'mkdir: /srv/x: Permission denied'],
      'not-writable',
      'cannot be written',
      'chown',
    ],
  ])('%j is %s', (fields, id, message, fix) => {
    const problem = refusal(fields, host);
    expect(problem.id).toBe(id);
    expect(problem.message).toContain(message);
    expect(problem.fix).toContain(fix);
  });

  test('everything that the host program refuses has a sentence and a way out', () => {
    const ids = new Set(
      [...hostProgram().matchAll(/\brefuse ([a-z-]+)/g)].map(([, id]) => id ?? ''),
    );
    expect(ids.size).toBeGreaterThan(9);
    // These two answer only a runner that speaks another protocol.
    for (const bug of ['verb-unknown', 'transaction-unknown']) ids.delete(bug);
    for (const id of ids) {
      const problem = refusal([id, 'value', 'detail'], host);
      expect([id, problem.message]).not.toEqual([id, expect.stringContaining('the host refused')]);
      expect([id, problem.fix]).not.toEqual([id, 'Please report this.']);
    }
  });

  test('what nobody knows is a bug, and still an error with a value', () => {
    expect(refusal(['verb-unknown', 'dance'], host)).toMatchObject({
      id: 'host-refused-request',
      message: 'deploy@example.com: the host refused: verb-unknown',
      value: 'dance',
      fix: 'Please report this.',
    });
    expect(refusal([], host).id).toBe('host-refused-request');
  });

  test('a variable that Compose requires is named', () => {
    const said =
      'error while interpolating services.api.environment.X: required variable DB_URL is missing a value: set it';
    expect(refusal(['compose-invalid', said], host)).toMatchObject({
      id: 'variable-missing',
      value: 'DB_URL',
      fix: 'Add DB_URL=... to the input env.',
      message: expect.stringContaining(`Compose said: ${said}`) as unknown,
    });
  });

  test.each([
    [
      'Error response from daemon: Head "https://ghcr.io/v2/acme/api/manifests/sha256:1": unauthorized',
      'registry-auth',
    ],
    [
      "Error response from daemon: pull access denied for acme/api, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      'registry-auth',
    ],
    ['Error response from daemon: Get "https://r/v2/": no basic auth credentials', 'registry-auth'],
    [
      'Please login prior to pull: Error: Cannot perform an interactive login from a non TTY device',
      'registry-auth',
    ],
    [
      'Error response from daemon: unexpected status from HEAD request to https://r/v2/a/manifests/1: 401 Unauthorized',
      'registry-auth',
    ],
    [
      'Error response from daemon: unexpected status from GET request to https://r/v2/a/manifests/1: 403 Forbidden',
      'registry-auth',
    ],
    [
      'Error response from daemon: manifest for r/a:1 not found: manifest unknown: manifest unknown',
      'image-not-found',
    ],
    [
      'Error response from daemon: failed to resolve reference "r/a:1": r/a:1: not found',
      'image-not-found',
    ],
    [
      'Error response from daemon: failed to register layer: write /x: no space left on device',
      'disk-full',
    ],
    [
      'Error response from daemon: Get "https://r:5000/v2/": dial tcp 192.0.2.1:5000: connect: connection refused',
      'registry-unreachable',
    ],
    [
      'Error response from daemon: Get "https://r/v2/": dial tcp: lookup r on 127.0.0.53:53: no such host',
      'registry-unreachable',
    ],
    [
      'Error response from daemon: Get "https://r/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded)',
      'registry-unreachable',
    ],
    [
      'Error response from daemon: received unexpected HTTP status: 503 Service Unavailable',
      'registry-unreachable',
    ],
    [
      'toomanyrequests: You have reached your unauthenticated pull rate limit.',
      'registry-unreachable',
    ],
    [
      'Error response from daemon: Get "https://r/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'registry-certificate',
    ],
    [
      'Error response from daemon: Get "https://r:5000/v2/": http: server gave HTTP response to HTTPS client',
      'registry-plain-http',
    ],
    [
      'error getting credentials - err: exec: "docker-credential-desktop": executable file not found in $PATH, out: ``',
      'registry-unreachable',
    ],
    [
      'Error response from daemon: Head "https://r/v2/access-denied/manifests/sha256:401403": dial tcp 192.0.2.1:443: i/o timeout',
      'registry-unreachable',
    ],
  ])('a pull that failed: %s', (said, id) => {
    const problem = refusal(['pull-failed', 'r/a:1', said], host);
    expect(problem).toMatchObject({ id, value: 'r/a:1' });
    expect(problem.message).toContain(`Docker said: ${said}`);
    expect(problem.fix).not.toBe('');
  });
});

test('what a digest holds is no word of the registry', () => {
  const image = `r/a@sha256:${'0403'.repeat(16)}`;
  const said = `Error response from daemon: manifest for ${image} not found: manifest unknown`;
  expect(refusal(['pull-failed', image, said], host)).toMatchObject({
    id: 'image-not-found',
    message: expect.stringContaining(said) as unknown,
  });
});

test('a verb that the types know is one that the program knows, and the other way round', () => {
  const verbs: Record<Verb, true> = {
    prepare: true, pull: true, activate: true, follow: true, decide: true,
    recover: true, status: true, history: true, release: true,
  }; // prettier-ignore
  const defined = [...hostProgram().matchAll(/^verb_([a-z]+)\(\)/gm)].map(([, verb]) => verb);
  expect(defined.sort()).toEqual(Object.keys(verbs).sort());
});
