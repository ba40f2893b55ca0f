import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fakeCommit } from '../../../lab/build.ts';
import type { Host } from '../../../lab/host.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import { get, hello, type Hello, helloEnv, stateOf } from '../hello.ts';
import { PLAIN, type Variant, VARIANTS } from './variants.ts';

let lab: Lab;
let host: Host;
let system: Hello;
let turn = 0;

beforeAll(async () => {
  lab = await openLab();
  host = await lab.host('variants');
  system = hello(lab);
  await system.build('v1');
  expect((await system.deploy(host, 'v1')).outputs).toMatchObject({ outcome: 'deployed' });
});

afterAll(() => lab.close());

/** Makes the host and the repository what the variant says, for as long as the work takes. */
async function on<T>(
  { arrange, restore, docker, settings, edit }: Variant,
  work: () => Promise<T>,
): Promise<T> {
  const files = ['slipway.yml', edit?.[0] ?? 'slipway.yml'].map(
    (file) => [file, system.read(file)] as const,
  );
  if (settings !== undefined) system.edit('slipway.yml', 'staging: {}', `staging: { ${settings} }`);
  if (edit) system.edit(...edit);
  if (docker !== undefined)
    await host.exec('cat >/usr/local/bin/docker && chmod 755 /usr/local/bin/docker', docker);
  await host.exec(arrange ?? ':');
  try {
    return await work();
  } finally {
    await host.exec(restore ?? ':');
    if (docker !== undefined) await host.exec('rm /usr/local/bin/docker');
    for (const [file, text] of files) system.write(file, text);
  }
}

const errors = (log: string): string =>
  log.split('\n').filter((line) => line.startsWith('::error')).join('\n').replaceAll('%0A', '\n'); // prettier-ignore
const ids = (text: string): string[] =>
  [...text.matchAll(/\[([a-z-]+)\](?=\n *(?:Value|Fix): )/g)].map(([, id]) => id ?? '');

test.each(VARIANTS)('$name', async (variant) => {
  const { refused = [], warned } = variant;
  turn += 1;
  system.again('v2', 'v1');
  const before = await stateOf(host);
  const greeting = `hello ${turn}`;
  const result = await on(variant, () =>
    system.deploy(host, 'v2', { env: helloEnv({ GREETING: greeting }) }),
  );
  const warnings = [...result.log.matchAll(/^::warning::.*\[([a-z-]+)\]%0A/gm)].map(([, id]) => id);
  expect(result).toMatchObject({ postExitCode: 0, leftovers: [] });
  expect(result.log).toContain(variant.says ?? '');
  if (refused.length === 0) {
    expect(errors(result.log)).toBe('');
    expect(result.outputs).toMatchObject({ outcome: 'deployed', 'serving-version': 'v2' });
    expect(warnings).toEqual(warned ?? PLAIN);
    expect(await get(host, '/health')).toMatch(/^200 /);
  } else {
    const said = errors(result.log);
    expect(ids(said)).toEqual(refused.length > 1 ? ['host-unfit', ...refused] : refused);
    if (warned) expect(warnings).toEqual(warned);
    expect(result.exitCode).toBe(10);
    expect(result.outputs).toMatchObject({ outcome: 'aborted' });
    for (const id of refused) expect(result.summary).toContain(`\`${id}\``);
    expect(await stateOf(host)).toBe(before);
    expect(await get(host)).toBe(`200 ${fakeCommit('v1')}`);
  }
});
