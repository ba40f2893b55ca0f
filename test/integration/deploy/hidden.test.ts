import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Host } from '../../lab/host.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import type { StepResult } from '../../runner/runner.ts';
import { hello, type Hello, helloEnv } from './hello.ts';

/** Ways to write a value down, and what must not be shown of it. */
const PLANTED = {
  PLAIN_TOKEN: 'planted-plain-4f1c # a comment',
  QUOTED_TOKEN: "'planted quoted 8a2e'",
  DOUBLE_TOKEN: '"planted double 77d0"',
  ESCAPED_TOKEN: '"planted \\"escaped\\" c001"',
  LONG_TOKEN: '"planted begin 11c3\ncGxhbnRlZA==\nplanted end 9e9e"',
};
const VALUES = [
  'planted-plain-4f1c',
  'planted quoted 8a2e',
  'planted double 77d0',
  'planted "escaped" c001',
  'planted begin 11c3',
  'cGxhbnRlZA==',
  'planted end 9e9e',
];

describe('values of env in the words of others', () => {
  let lab: Lab;
  let host: Host;
  let system: Hello;

  beforeAll(async () => {
    lab = await openLab();
    host = await lab.host('hidden');
    system = hello(lab);
    const lines = Object.keys(PLANTED).map((name) => `      ${name}: \${${name}}\n`);
    system.edit('docker-compose.yml', '    environment:\n', `    environment:\n${lines.join('')}`);
    system.edit(
      'app.js',
      'if (BROKEN',
      'for (const value of Object.values(process.env)) console.log(value);\nif (BROKEN',
    );
    await system.build('v1', { broken: 'crash' });
  });

  afterAll(() => lab.close());

  const deploy = (extra = ''): Promise<StepResult> =>
    system.deploy(host, 'v1', { env: `${helloEnv(PLANTED)}\n${extra}` });
  const shown = (result: StepResult, secrets: readonly string[]): string[] =>
    secrets.filter((secret) => `${result.log}${result.summary}`.includes(secret));

  test('what a broken container prints is hidden', async () => {
    const result = await deploy();
    expect(result.exitCode).toBe(10);
    expect(result.log).toContain('web | ***');
    expect(result.summary).toContain('web | ***');
    expect(shown(result, VALUES)).toEqual([]);
  });

  test.each([
    'planted line 55b1',
    'planted/line+55b1',
    'OPEN="planted-55b1',
    "OPEN='planted-55b1\nplanted-55b1 more",
  ])('a line of env that is no assignment is not shown: %j', async (line) => {
    const result = await deploy(line);
    expect(result.log).toContain('[env-invalid]');
    expect(shown(result, ['55b1'])).toEqual([]);
  });
});
