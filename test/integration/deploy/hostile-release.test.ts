import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { UserError } from '../../../src/kit/errors.ts';
import type { Prepared } from '../../../src/deploy/host-release.ts';
import { formatJson } from '../../../src/deploy/model.ts';
import { readSecretFiles, type SecretFiles } from '../../../src/deploy/secret-files.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { stdoutOf } from '../../unit/kit/support.ts';
import { type Conversation, converse } from './hostile-host.ts';
import { IMAGE } from './hostile-places.ts';
import { hostileTexts } from './hostile-words.ts';

const SEED = 20_261_124;
const OWNED = '/tmp/owned';
const ROOT = '/home/deploy/slipway/hostile/staging';

let lab: Lab;
let talk: Conversation;
const input = 'INPUT_SECRET-FILES';

beforeAll(async () => {
  lab = await openLab();
  talk = await converse(lab, await lab.host('hostile-release'));
});

afterAll(async () => {
  Reflect.deleteProperty(process.env, input);
  await talk.close();
  await lab.close();
});

async function released(made: Prepared | UserError): Promise<void> {
  if (made instanceof UserError) throw made;
  expect(await talk.activate(made)).toMatchObject({ standing: { end: 'deployed' } });
  expect(await talk.host.exec(`find / -xdev -name owned -not -path '/proc/*'`)).toBe('');
}

/** Reads one line of the input as the action does; undefined when it is refused. */
async function read(line: string): Promise<SecretFiles | undefined> {
  const box: { files?: SecretFiles } = {};
  process.env[input] = line;
  try {
    await stdoutOf(() => {
      box.files = readSecretFiles(talk.workspace);
    });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
  return box.files;
}

test('300 secret files lie on the disk of the host under their names, byte for byte, or are refused', async () => {
  const paths = fc.sample(hostileTexts(OWNED), { numRuns: 300, seed: SEED });
  const contents = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 300 }), { numRuns: 300, seed: SEED }); // prettier-ignore
  contents[0] = new Uint8Array(65_536).map((_, at) => at % 251);
  const good = new Map<string, Buffer>();
  for (const [at, text] of [`${'ä'.repeat(127)}/${'x'.repeat(255)}`, '-rf', ...paths].entries()) {
    const path = `secret/${at}/${text}`;
    const content = Buffer.from(contents[at] ?? [at]);
    const files = await read(`${path}=${content.toString('base64')}`);
    for (const [name, bytes] of files ?? []) {
      expect([name, bytes]).toEqual([posix.normalize(path), content]);
      good.set(name, bytes);
    }
  }
  expect(good.size).toBeGreaterThan(80);
  expect(good.size).toBeLessThan(250);
  const files = { x: { image: IMAGE, volumes: ['./secret:/secret:ro'] } };
  await released(await talk.prepare({ 'compose.yml': formatJson({ services: files }) }, { secretFiles: good }));
  const there = await talk.host.exec(
    `cd ${ROOT}/files/* && find . -type f -perm 600 -user deploy -exec sha256sum {} + && find . -type f ! -perm 600`,
  );
  expect(there.split('\n').sort()).toEqual(
    [...good]
      .map(([name, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ./${name.slice('secret/'.length)}`)
      .sort(),
  );
}); // prettier-ignore

interface Container {
  readonly Args: readonly string[];
  readonly Config: { readonly Env: readonly string[]; readonly Labels: Readonly<Record<string, string>> };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly Aliases: readonly string[] }>> };
} // prettier-ignore

test('what a release starts has every text as it was written, in two releases side by side', async () => {
  const names = ['constructor', 'toString', 'A.b-_', 'x--help', '0', 'null'];
  const doubled = (text: string): string => text.replaceAll('$', '$$$$');
  for (const turn of [0, 1]) {
    const texts = fc.sample(hostileTexts(OWNED).filter((text) => text !== ''), { numRuns: 60, seed: SEED + turn });
    const word = (at: number): string => texts[at] ?? '';
    const services = names.map((name, at) => [
      name,
      {
        image: IMAGE,
        entrypoint: ['sh', '-c', 'exec sleep 1000', ...texts.map(doubled)],
        environment: { E: doubled(word(at)), $F: '1' },
        labels: { l: doubled(word(at + 10)), [`n${word(at + 20).replaceAll('\n', '')}`]: 'x' },
        stop_grace_period: '0s',
        networks: { edge: { aliases: [`also.${at}`] } },
      },
    ]);
    await released(
      await talk.prepare({
        'compose.yml': formatJson({
          services: Object.fromEntries(services) as object,
          networks: { edge: { name: 'edge--help' } },
        }),
      }),
    );
    for (const [at, name] of names.entries()) {
      const said = await talk.host.exec(
        `docker inspect $(docker ps -q --filter label=com.docker.compose.service=${name})`,
      );
      const found = JSON.parse(said) as Container[];
      expect(found).toHaveLength(1);
      const [{ Args, Config, NetworkSettings } = { Args: [], Config: { Env: [], Labels: {} }, NetworkSettings: { Networks: {} } }] = found;
      expect(Args.slice(2)).toEqual(texts);
      expect(Config.Env).toContain(`E=${word(at)}`);
      expect(Config.Env).toContain('$F=1');
      expect(Config.Labels).toMatchObject({ l: word(at + 10), [`n${word(at + 20).replaceAll('\n', '')}`]: 'x' });
      expect(NetworkSettings.Networks['edge--help']?.Aliases).toEqual(expect.arrayContaining([name, `also.${at}`]));
    }
  }
}); // prettier-ignore
