import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../../src/kit/errors.ts';
import { run } from '../../../src/kit/process.ts';
import { tar, type TarEntry } from '../../../src/kit/tar.ts';
import { type DotenvEntry, valuesOf } from '../../../src/config/dotenv.ts';
import { type Environment, readEnvironment } from '../../../src/deploy/env.ts';
import { formatJson } from '../../../src/deploy/model.ts';
import { BOOTSTRAP, bootstrapInput, hostProgram } from '../../../src/host/program.ts';
import { encodeRequest } from '../../../src/host/protocol.ts';
import { engineEnv } from '../../lab/engine.ts';
import { stdoutOf } from '../../unit/kit/support.ts';
import { hostileTexts } from './hostile-words.ts';

const SEED = 20_261_122;
const BATCH = 250;

/** The host program runs on this machine, under its sh, with the real Compose and the lab's engine. */
const home = mkdtempSync(join(tmpdir(), 'slipway-hostile-'));
const owned = join(home, 'owned');
afterAll(() => {
  rmSync(home, { recursive: true });
});

const hostile = hostileTexts(owned);

/** A value as a careful person writes it. */
function quoted(value: string): string {
  return `"${value.replace(/[\\"$]/g, '\\$&')}"`;
}

/** Reads a text as the action does: out of its input. Undefined when it is refused. */
async function read(text: string): Promise<Environment | undefined> {
  const box: { environment?: Environment } = {};
  process.env.INPUT_ENV = text;
  try {
    await stdoutOf(() => {
      box.environment = readEnvironment(undefined, home);
    });
  } catch (error) {
    if (error instanceof UserError && error.id === 'env-invalid') return undefined;
    throw error;
  }
  return box.environment;
}

type Values = Record<string, string | null>;

/** Sends each text to the host program with a Compose file that hands all names on; gives back the models that the host made. */
async function models(
  all: readonly (readonly [text: string, names: readonly string[]])[],
): Promise<string[]> {
  const requests = await Promise.all(
    all.map(async ([text, names], at) => {
      const model = { services: { x: { image: 'x', environment: names } } };
      const entries: TarEntry[] = [
        { path: 'src/compose.json', content: JSON.stringify(model), mode: 0o600 },
        { path: 'src/.env', content: text, mode: 0o600 },
      ];
      const archive = await tar(entries);
      const args = {
        root: 'e',
        tx: `t${at}`,
        project: 'x',
        compose: 'compose.json',
        size: archive.length,
      };
      return encodeRequest('prepare', args, [archive]);
    }),
  );
  const { stdout } = await run('sh', ['-c', BOOTSTRAP], {
    cwd: home,
    env: { ...engineEnv, HOME: home },
    input: Buffer.concat([bootstrapInput(hostProgram()), ...requests]),
  });
  const answers = stdout.split(/^done\t/m).slice(0, -1);
  return answers.map((answer) => {
    expect(answer).not.toContain('refused\t');
    return Array.from(answer.matchAll(/^model\t(.*)$/gm), ([, line]) => line).join('\n');
  });
}

function valuesIn(model: string): Values {
  const { services } = JSON.parse(model) as { services: { x: { environment?: Values } } };
  return Object.fromEntries(
    Object.entries(services.x.environment ?? {}).map(([name, value]) => [
      name,
      value?.replaceAll('$$', '$') ?? null,
    ]),
  );
}

/** What Compose makes of the file that a release keeps, as it will when it starts the containers. */
async function again(model: string): Promise<Values> {
  const file = join(home, 'compose.json');
  writeFileSync(file, formatJson(JSON.parse(model)));
  const { PATH, HOME, DOCKER_CONFIG } = engineEnv;
  const args = ['compose', '-f', file, 'config', '--format', 'json'];
  const { code, stdout, stderr } = await run('docker', args, {
    env: { PATH, HOME, DOCKER_CONFIG },
  });
  if (code !== 0) throw new Error(stderr);
  return valuesIn(stdout);
}

function batches<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, at) =>
    all.slice(at * BATCH, (at + 1) * BATCH),
  );
}

const named = (entries: readonly DotenvEntry[]): Record<string, string> => {
  const values = valuesOf(entries);
  values.delete('');
  return Object.fromEntries(values);
};

describe(`hostile environments, seed ${SEED}`, () => {
  const before = process.env.INPUT_ENV;
  beforeAll(() => {
    expect(existsSync(owned)).toBe(false);
  });
  afterAll(() => {
    if (before === undefined) delete process.env.INPUT_ENV;
    else process.env.INPUT_ENV = before;
    expect(existsSync(owned)).toBe(false);
  });

  test('3,000 values reach the host, and the containers, as they are', async () => {
    const values = fc.sample(hostile, { numRuns: 2_998, seed: SEED });
    values.push('x'.repeat(65_536), `\n${'-"$\\'.repeat(16_384)}\n`);
    const groups = batches(values).map((group, at) =>
      group.map((value, index) => [`V${at}_${index}`, value] as const),
    );
    const asked = await Promise.all(
      groups.map(async (group) => {
        // Each of them is read alone: together they are more than one input may hold.
        for (const [name, value] of group) {
          const one = await read(`${name}=${quoted(value)}`);
          expect(named(one?.entries ?? [])).toEqual({ [name]: value });
        }
        return [
          group.map(([name, value]) => `${name}=${quoted(value)}\n`).join(''),
          group.map(([name]) => name),
        ] as const;
      }),
    );
    const made = await models(asked);
    expect(made).toHaveLength(groups.length);
    for (const [at, group] of groups.entries()) {
      expect(valuesIn(made[at] ?? '')).toEqual(Object.fromEntries(group));
      expect(await again(made[at] ?? '')).toEqual(Object.fromEntries(group));
    }
  });

  test('150 names and 150 whole texts mean on the host what they mean here, or are refused here', async () => {
    const given = [
      ...fc.sample(hostile, { numRuns: 150, seed: SEED + 1 }).map((name) => `${name}=1`),
      ...fc.sample(hostile, { numRuns: 150, seed: SEED + 2 }),
    ];
    const good: Environment[] = [];
    for (const text of given) {
      const environment = await read(text);
      if (environment !== undefined) good.push(environment);
    }

    expect(good.length).toBeGreaterThan(40);
    expect(given.length - good.length).toBeGreaterThan(100);
    // Texts are kept apart by conversations, one each: what they hold must not meet.
    const made = await models(good.map(({ text, entries }) => [text, Object.keys(named(entries))]));
    expect(made).toHaveLength(good.length);
    for (const [at, { entries }] of good.entries())
      expect(valuesIn(made[at] ?? '')).toEqual(named(entries));
  });
});
