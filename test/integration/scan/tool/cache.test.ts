import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { saveCache } from '@actions/cache';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith } from '../../../unit/kit/support.ts';
import { pinned, release, saying, scene, serving } from '../../../unit/scan/tool/scene.ts';
import { serve, text } from '../../../unit/smoke/server.ts';
import { CacheServer } from './cache-server.ts';

const { mirror, look } = scene();

describe("the repository's cache", () => {
  let server: CacheServer | undefined;
  let temp = '';
  beforeAll(async () => {
    server = await CacheServer.start();
    // The same in every job of a runner, and part of what an entry is found by.
    temp = folderWith();
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    process.env.ACTIONS_CACHE_URL = server?.url;
    process.env.RUNNER_TEMP = temp;
  });

  test('keeps the archive for the next job, whose tool cache is filled from it', async () => {
    const bytes = await release(saying('9.9.9'));
    const { url, requests } = await mirror(serving(bytes));
    expect(await look(pinned(bytes), url).found).toMatchObject({ origin: 'download' });

    process.env.RUNNER_TOOL_CACHE = folderWith();
    expect(await look(pinned(bytes), url).found).toMatchObject({ origin: 'cache' });
    expect(await look(pinned(bytes), url).found).toMatchObject({ origin: 'tool cache' });
    expect(requests).toHaveLength(1);
    expect(readdirSync(temp).filter((name) => name.startsWith('slipway'))).toEqual([]);
  });

  test('is held to the checksum: an entry that somebody else has written is left out, and said', async () => {
    const bytes = await release(`${saying('9.9.9')}# another`);
    const program = pinned(bytes);
    const sha256 = Object.values(program.archives)[0]?.sha256 ?? '';
    const folder = join(temp, 'slipway-tools');
    mkdirSync(folder);
    writeFileSync(join(folder, 'trivy.tar.gz'), await release(saying('9.9.9; steal')));
    await saveCache([join(folder, 'trivy.tar.gz')], `slipway-trivy.tar.gz-${sha256.slice(0, 16)}`);

    const { url, requests } = await mirror(serving(bytes));
    const { found, lines } = look(program, url);
    expect(await found).toMatchObject({ origin: 'download' });
    expect(requests).toHaveLength(1);
    expect(lines[0]).toBe(
      'warning: trivy.tar.gz in the cache is not what was released, and is not used.',
    );
  });

  test('is no condition: one that does not work costs a warning', async () => {
    process.env.ACTIONS_CACHE_URL = `${await serve(text('out of order', 400))}/`;
    const bytes = await release(saying('9.9.9'));
    const { url } = await mirror(serving(bytes));
    expect(await look(pinned(bytes), url).found).toMatchObject({ origin: 'download' });
  });
});
