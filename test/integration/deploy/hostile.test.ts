import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { hello, type Hello, helloEnv } from './hello.ts';

describe('names that others choose', () => {
  let lab: Lab;
  let host: Host;
  let system: Hello;

  beforeAll(async () => {
    lab = await openLab();
    host = await lab.host('hostile');
    system = hello(lab);
    await system.build('v1');
  });

  afterAll(() => lab.close());

  test.each([
    ['a line break', 'v1\n::set-output name=outcome::deployed'],
    ['a workflow command', '::set-output name=outcome::deployed'],
    ['a shell', 'v1;touch /tmp/owned'],
    ['a substitution', '$(touch /tmp/owned)'],
  ])('a version with %s is refused', async (_what, version) => {
    const result = await system.deploy(host, 'v1', { version });
    expect(result.exitCode).toBe(1);
    expect(result.log).toContain('[bad-version]');
    expect(result.outputs).toEqual({ outcome: 'aborted' });
    expectCommandsOfOurs(result.log);
  });

  test('a hostile branch, actor and run cannot reach a shell or the log', async () => {
    const hostile =
      '$(touch /tmp/owned)`touch /tmp/owned`;touch /tmp/owned\n::error::owned\n##[error]owned';
    system.write(
      'v1.json',
      JSON.stringify({ ...(JSON.parse(system.read('v1.json')) as object), ref: hostile }),
    );
    const result = await system.deploy(
      host,
      'v1',
      { env: helloEnv() },
      { env: { GITHUB_ACTOR: hostile, GITHUB_RUN_ID: hostile } },
    );
    expect(result.outputs).toMatchObject({ outcome: 'deployed' });
    expectCommandsOfOurs(result.log);
    expect(result.log).not.toContain('##[');
    expect(await host.exec('ls /tmp')).not.toContain('owned');
  });
});

/** Every line that GitHub would take for a command is one that we give. */
function expectCommandsOfOurs(log: string): void {
  for (const line of log.split('\n'))
    if (/^\s*::/.test(line)) expect(line).toMatch(/^::(group|endgroup|error|warning|notice)::/);
}
