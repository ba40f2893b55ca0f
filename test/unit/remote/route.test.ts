import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import { asProxyCommand, forwardTo, readProxyCommand } from '../../../src/remote/route.ts';
import { parseTarget } from '../../../src/remote/target.ts';
import { folderWith, problemOf } from '../kit/support.ts';

describe('readProxyCommand', () => {
  test.each([
    'nc -X 5 -x proxy:1080 %h %p',
    'cloudflared access ssh --hostname %h',
    'corkscrew proxy 8080 %h %p ~/.auth',
    `sh -c 'printf "%%s" "$TOKEN"; exec nc "$@"' x %h %p %r %n`,
    String.raw`nc it\'s %h`,
  ])('%s', (text) => {
    expect(readProxyCommand(text)).toBe(text);
  });

  test.each([
    ['nc %h %C', 'ssh knows no %C'],
    ['nc %', 'ssh knows no %'],
    ['nc %h\nrm', 'more than one line'],
    ['nc "%h', 'quotes'],
    ["nc it's %h", 'quotes'],
    [String.raw`nc "%h\"`, 'quotes'],
  ])('%j is refused', (text, says) => {
    const problem = problemOf(() => readProxyCommand(text));
    expect(problem).toMatchObject({ id: 'bad-proxy-command', value: text });
    expect(problem.message).toContain(says);
  });

  test.each(['nc "%h', "nc it's", String.raw`nc "%h\"`])('so does ssh itself: %s', async (text) => {
    const { code, stderr } = await run('ssh', ['-G', '-o', `ProxyCommand=${text}`, 'h']);
    expect({ code, stderr }).toEqual({ code: 255, stderr: expect.stringContaining('quotes') });
  });
});

test.each([
  ['a', "it's", '', '$(touch x)', '%h', '100%%', '"', '\\', 'a b', '-o', 'x=%p', 'ünï'],
  ["'", "''", "a'b'c", '`', '\\n', ';', '#', '!'],
])('what is handed to ssh comes out of its shell as it was: %j', async (...args) => {
  const out = join(folderWith(), 'out');
  const command = asProxyCommand(['sh', '-c', `printf '%s\\0' "$@" >"$0"`, out, ...args]);
  const options = ['-F', '/dev/null', '-o', 'BatchMode=yes', '-o', `ProxyCommand=${command}`];
  await run('ssh', [...options, 'host'], { env: { PATH: process.env.PATH } });
  expect(readFileSync(out, 'utf8').split('\0').slice(0, -1)).toEqual(args);
});

test('forwardTo', () => {
  expect(forwardTo(parseTarget('d@[2001:db8::7]:2222'))).toBe('[2001:db8::7]:2222');
  expect(forwardTo(parseTarget('d@example.com'))).toBe('[example.com]:22');
});
