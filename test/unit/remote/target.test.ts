import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { knownHostsName, parseTarget } from '../../../src/remote/target.ts';
import { problemOf } from '../kit/support.ts';

describe('parseTarget', () => {
  test.each([
    ['deploy@example.com', 'deploy', 'example.com', 22],
    ['deploy@example.com:2222', 'deploy', 'example.com', 2222],
    ['_svc-1.x@203.0.113.7', '_svc-1.x', '203.0.113.7', 22],
    ['root@localhost:65535', 'root', 'localhost', 65535],
    ['deploy@[2001:db8::7]', 'deploy', '2001:db8::7', 22],
    ['deploy@[::1]:2222', 'deploy', '::1', 2222],
    ['d@[::ffff:192.0.2.1]:1', 'd', '::ffff:192.0.2.1', 1],
    ['Deploy@Example.COM', 'Deploy', 'Example.COM', 22],
  ])('%s', (text, user, host, port) => {
    expect(parseTarget(text)).toEqual({ user, host, port, text });
  });

  test.each([
    '',
    'example.com',
    '@example.com',
    'deploy@',
    'deploy@example.com:',
    'deploy@example.com:0',
    'deploy@example.com:65536',
    'deploy@example.com:22x',
    'deploy@example.com:-1',
    'deploy@2001:db8::7',
    'deploy@[2001:db8::7',
    'deploy@[not-v6]',
    'deploy@[::1%eth0]',
    'deploy@[127.0.0.1]',
    'ssh://deploy@example.com',
    'deploy@example.com/path',
    'a@b@c',
    'deploy@-oProxyCommand=id',
    '-oProxyCommand=id@example.com',
    'deploy@example.com -v',
    'deploy@example.com\n',
    'deploy@exa$(id)mple.com',
    'de`id`ploy@example.com',
    'deploy@example.com-',
    'deploy@.example.com',
  ])('%j is refused', (text) => {
    const problem = problemOf(() => parseTarget(text));
    expect(problem).toMatchObject({ id: 'bad-host', value: text });
    expect(problem.fix).toContain('deploy@example.com:2222');
  });

  test('whatever is accepted has no part that is an option or that a shell would read', () => {
    const part = fc.constantFrom(
      '-',
      '@',
      ':',
      '[',
      ']',
      '.',
      'a',
      '::1',
      '22',
      'x.y',
      '_',
      '$',
      ' ',
      '%',
      "'",
    );
    const likely = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(likely, fc.string({ unit: 'binary' })), (text) => {
        let target;
        try {
          target = parseTarget(text);
        } catch {
          return;
        }
        expect(target.user).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/);
        expect(target.host).toMatch(/^[A-Za-z0-9:][A-Za-z0-9.:-]*$/);
        expect(target.port).toBeGreaterThanOrEqual(1);
        expect(target.port).toBeLessThanOrEqual(65535);
      }),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  ['d@example.com', 'example.com'],
  ['d@example.com:2222', '[example.com]:2222'],
  ['d@[::1]', '::1'],
  ['d@[::1]:2222', '[::1]:2222'],
])('known_hosts keeps %s as %s', (text, name) => {
  expect(knownHostsName(parseTarget(text))).toBe(name);
});
