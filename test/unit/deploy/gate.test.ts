import { beforeEach, describe, expect, test } from '@jest/globals';
import { passGate } from '../../../src/deploy/gate.ts';
import { releaseInputs } from '../../../src/deploy/release-inputs.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { actionsLog } from '../../../src/kit/log.ts';
import { folderWith, ownEnvironment, problemIn, stdoutOf } from '../kit/support.ts';
import { digest, recordOf } from './models.ts';

const inputs = ownEnvironment();
const log = actionsLog(systemClock);
const record = recordOf({ api: `ghcr.io/acme/api@${digest('a')}` });

/** Asks the gate of an environment with these lines in slipway.yml. */
async function ask(environment: string, ref?: string): Promise<void> {
  process.env.GITHUB_WORKSPACE = folderWith({
    'slipway.yml': `app: shop\nenvironments: { production: { host: a@b, ${environment} } }`,
    'release.json': JSON.stringify(record),
  });
  if (ref === undefined) delete process.env.GITHUB_REF;
  else process.env.GITHUB_REF = ref;
  await passGate(await releaseInputs(), log);
}

beforeEach(() => {
  delete process.env.GITHUB_REPOSITORY;
  inputs({ environment: 'production', 'ssh-key': 'line one' });
});

describe('which refs may be released', () => {
  test.each([
    ['v*', 'refs/tags/v1.2.0'],
    ['v*', 'refs/heads/v2'],
    ['refs/tags/v*', 'refs/tags/v1.2.0'],
    ['{main,release/*}', 'refs/heads/release/7'],
    // Outside of GitHub there is no ref to ask about.
    ['v*', undefined],
  ])('%s lets %s through', async (pattern, ref) => {
    await stdoutOf(() => ask(`ref: "${pattern}"`, ref));
  });

  test.each([
    ['v*', 'refs/heads/main'],
    ['v*', 'refs/tags/nightly-v1'],
    ['v*', 'refs/heads/v1/topic'],
    ['refs/tags/v*', 'refs/heads/v1'],
    ['release/*', 'refs/heads/release'],
  ])('%s stops %s', async (pattern, ref) => {
    await stdoutOf(async () => {
      expect(await problemIn(ask(`ref: "${pattern}"`, ref))).toMatchObject({
        id: 'ref-not-allowed',
        message: `slipway.yml lets only "${pattern}" be released to production.`,
        value: ref,
      });
    });
  });
});

describe('without anybody to ask, nothing is proven', () => {
  test('it is refused', async () => {
    await stdoutOf(async () => {
      expect(await problemIn(ask('requires: staging'))).toMatchObject({
        id: 'promotion-unproven',
        value: record.id,
        fix: expect.stringContaining('Release it to staging first') as unknown,
      });
    });
  });

  test('it passes with a warning where that is meant', async () => {
    inputs({ 'allow-unproven': 'true' });
    const said = await stdoutOf(() => ask('requires: staging'));
    expect(said).toMatch(/^::warning::Whether staging has proven .*allow-unproven is set/m);
  });
});
