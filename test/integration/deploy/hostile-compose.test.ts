import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UserError } from '../../../src/kit/errors.ts';
import type { Prepared } from '../../../src/deploy/host-release.ts';
import { formatJson } from '../../../src/deploy/model.ts';
import { planLines } from '../../../src/deploy/plan.ts';
import { type Lab, openLab } from '../../lab/lab.ts';
import { composeFile, type Conversation, converse, readBack } from './hostile-host.ts';
import { ANY_NAME, ANY_TEXT, IMAGE, MEANT, merged, type Part, RAW } from './hostile-places.ts';
import { harm, hostileTexts } from './hostile-words.ts';

/** How a Compose file is refused, whoever finds out. */
const REFUSALS = [
  'compose-invalid',
  'path-outside-workspace',
  'mount-outside',
  'image-not-found',
  'registry-auth',
  'registry-unreachable',
  'host-platform',
];
const SEED = 20_261_123;
const OWNED = '/tmp/owned';

let lab: Lab;
let talk: Conversation;
let before: string;

/** All that a release could leave on a host. */
const traces = (): Promise<string> =>
  talk.host.exec(`docker ps -aq; docker network ls -q; docker volume ls -q
    find / -xdev -name owned -not -path '/proc/*'
    find /home/deploy -mindepth 1 -not -path '*/.*' -not -name lock | sort`);

beforeAll(async () => {
  lab = await openLab();
  talk = await converse(lab, await lab.host('hostile'));
  expect(await prepare([{ services: { x: { image: IMAGE } } }])).not.toBeInstanceOf(UserError);
  before = await traces();
});

afterAll(async () => {
  await talk.close();
  await lab.close();
});

/** Prepares a release of these parts. In a Compose file a sign doubled stands for itself. */
function prepare(parts: readonly Part[]): Promise<Prepared | UserError> {
  const { files, ...document } = merged(parts);
  return talk.prepare({ ...(files as object), 'compose.yml': formatJson(document) });
}

const doubled = (text: string): string => text.replaceAll('$', '$$$$');

/** What holds for a release that is not refused: the host will do what Compose understood, and no line of the plan is of another's making. */
async function expectMeant(all: readonly Prepared[]): Promise<void> {
  const files = all.map(composeFile);
  const back = files.length === 0 ? [] : await readBack(talk.host, files);
  expect(back).toEqual(files.map((file) => JSON.parse(file) as unknown));
  for (const { plan, routing } of all) {
    const lines = planLines(plan, routing)
      .split('\n')
      .filter((line) => line !== '');
    expect(lines).toHaveLength(plan.steps.length + plan.joins.length);
    for (const line of lines) expect(line).toMatch(/^(?:service|join)(?:\t[^\s-][^\s]*){3,4}$/);
  }
}

function dig(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  return key === undefined ? value : dig((value as Record<string, unknown>)[key], rest);
}

describe(`hostile Compose files, seed ${SEED}`, () => {
  const texts = fc
    .sample(hostileTexts(OWNED), { numRuns: 80, seed: SEED })
    .filter((text) => text !== '');
  const large = ['x'.repeat(65_536), `\n${'-"$\\'.repeat(16_384)}\n`];

  test.each(ANY_TEXT)('%s may be any text, and stays what it is', async (_what, put, found) => {
    const all = [...texts, ...large];
    const made = await prepare(all.map((text, at) => put(doubled(text), at)));
    if (made instanceof UserError) throw made;
    const document = JSON.parse(composeFile(made)) as unknown;
    expect(all.map((_, at) => dig(document, found(at)))).toEqual(all.map(doubled));
    await expectMeant([made]);
  });

  test.each(ANY_NAME)('%s may be any text, and stays what it is', async (_what, put, found) => {
    const all = [...texts.filter((text) => !text.includes('\n')), 'constructor', 'toString'];
    const made = await prepare(all.map(put));
    if (made instanceof UserError) throw made;
    const document = JSON.parse(composeFile(made)) as unknown;
    for (const [at, text] of all.entries()) {
      const names = Object.keys(dig(document, found(at)) as object);
      expect(names.some((name) => name.endsWith(text))).toBe(true);
    }
    await expectMeant([made]);
  });

  const words = [...harm(OWNED), 'constructor', '__proto__', '..', '.', '/', '--help'];
  test.each(MEANT.map((place, at) => [...place, at] as const))(
    '%s is what it says, or refused',
    async (_what, put, turn) => {
      const good: Prepared[] = [];
      for (let at = 0; at < 5; at += 1) {
        const text = words[(turn * 5 + at) % words.length] ?? '';
        const made = await prepare([put(doubled(text), at)]);
        if (made instanceof UserError) expect(REFUSALS).toContain(made.id);
        else good.push(made);
      }
      await expectMeant(good);
    },
  );

  test.each(RAW)('%s', async (_what, text, outcome) => {
    const made = await talk.prepare({ 'compose.yml': text });
    expect(made instanceof UserError ? made.id : 'good').toBe(outcome);
    if (!(made instanceof UserError)) await expectMeant([made]);
  });

  test('of all this nothing was run, and nothing was left on the host', async () => {
    expect(await traces()).toBe(before);
  });
});
