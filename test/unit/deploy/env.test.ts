import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Log } from '../../../src/kit/log.ts';
import { checkEnvironment, type Environment, readEnvironment } from '../../../src/deploy/env.ts';
import { folderWith, ownEnvironment, problemIn, problemOf, stdoutOf } from '../kit/support.ts';

const inputs = ownEnvironment();
let workspace = '';
let masked: string[] = [];
beforeEach(() => {
  workspace = folderWith({ '.env.example': 'PORT=3000\nURL=https://example.org\nTOKEN=\n' });
});

async function read(env: string, template?: string): Promise<Environment> {
  inputs({ env });
  const box: { environment?: Environment } = {};
  const said = stdoutOf(() => {
    box.environment = readEnvironment(template, workspace);
  });
  masked = (await said).split('\n').map((line) => decodeURIComponent(line.replace('::add-mask::', '')));
  if (box.environment === undefined) throw new Error('nothing was read');
  return box.environment;
} // prettier-ignore

function told(environment: Environment): string[] {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const log: Pick<Log, 'notice' | 'warning'> = { notice: say, warning: say };
  checkEnvironment(environment, log as Log);
  return said;
}

describe('what is masked', () => {
  test('values as they are and as they were written, in each form', async () => {
    await read('A="a \\"secret\\" $$ value"');
    expect(masked).toEqual(
      expect.arrayContaining([
        'a "secret" $ value',
        'a "secret" $$ value',
        'a \\"secret\\" $ value',
        'a+%22secret%22+%24+value',
        Buffer.from('a "secret" $ value').toString('base64'),
      ]),
    );
  });

  test('not what the template has as well, which anybody may read', async () => {
    await read('URL=https://example.org\nTOKEN=hunter2hunter2\nOTHER=https://example.org/x', '.env.example');
    expect(masked).toEqual(expect.arrayContaining(['hunter2hunter2', 'https://example.org/x']));
    expect(masked).not.toContain('https://example.org');
    await read('URL=https://example.org');
    expect(masked).toContain('https://example.org');
  }); // prettier-ignore

  test('what lacks its quotes', async () => {
    await read('KEY=first line of it\nsecondLineOfIt\nGITHUB_TOKEN\n');
    expect(masked).toContain('secondLineOfIt');
    expect(masked).not.toContain('GITHUB_TOKEN');
  });

  test('the parts around what the host alone knows', async () => {
    await read('A=secret-before${HOME}secret-after');
    expect(masked).toEqual(expect.arrayContaining(['secret-before', 'secret-after']));
  });

  test('even where the text cannot be read', async () => {
    inputs({ env: 'A=hunter2hunter2\nB="hunter3hunter3\nC C=hunter4hunter4\nhunter5+hunter5' });
    const said = await stdoutOf(() => problemOf(() => readEnvironment(undefined, workspace)));
    for (const secret of ['hunter2hunter2', 'hunter3hunter3', 'hunter4hunter4', 'hunter5+hunter5'])
      expect(said).toMatch(new RegExp(`^::add-mask::"?${secret.replace('+', '\\+')}$`, 'm'));
  });
});

test.each([
  ['a broken line', 'A=1\nB="hunter2', 2],
  ['a variable that is not set', 'A=1\n\nPASS=hunter2$hunter3', 3],
  ['one that is set too late', 'B=$A\nA=1', 1],
])('%s is refused by its line alone', async (_what, env, line) => {
  const { id, value, message, fix } = await problemIn(read(env));
  expect({ id, value }).toEqual({ id: 'env-invalid', value: `line ${line}` });
  expect(message + fix).not.toMatch(/hunter/);
});

test('a template must exist, in the workspace', async () => {
  expect(await problemIn(read('', 'nope'))).toMatchObject({ id: 'env-template-missing', value: 'nope' });
  expect((await problemIn(read('', '../nope'))).id).toBe('path-outside-workspace');
}); // prettier-ignore

describe('what is told', () => {
  test('nothing of a good one', async () => {
    expect(told(await read('A=${PATH}\nB=1'))).toEqual([]);
  });

  test('what has no effect, by line', async () => {
    expect(told(await read('A=1\nlineOfASecret\nHOME=/x\nB\n'))).toEqual([
      'Line 2, 4 of the input env: a name without a value, which sets nothing. A value of several lines stands in quotes.',
      'Line 3 of the input env: Compose takes PATH and HOME from the host, whatever the release says.',
    ]);
  });

  test('names that the template lacks, and an error of what is missing', async () => {
    const env = 'PORT=1\nURL=x\nTOKEN=\nPROT=2\nZ=1';
    expect(told(await read(env, '.env.example'))).toEqual([
      'The input env has names that .env.example lacks: PROT (line 4), Z (line 5)',
    ]);
    const short = await read('PORT=1\nTOKNE=x', '.env.example');
    expect(problemOf(() => told(short))).toMatchObject({ id: 'env-incomplete', value: 'URL, TOKEN' });
  }); // prettier-ignore
});
