import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { unsupported } from '../../../../src/scan/tool/failure.ts';
import { digestOf } from '../../../../src/registry/digest.ts';
import { folderWith, problemIn } from '../../kit/support.ts';
import { hanging, inTurn, nobody, text } from '../../smoke/server.ts';
import { archive, ours, pinned, release, saying, scene, serving } from './scene.ts';

const { mirror, look } = scene();
const good: RequestListener = (request, response) => {
  void ours.then((bytes) => {
    serving(bytes)(request, response);
  });
};
const cut: RequestListener = (_, response) => {
  void ours.then((bytes) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, 100), () => {
      response.destroy();
    });
  });
};
const dripping: RequestListener = (_, response) => {
  const timer = setInterval(() => response.write('x'), 20);
  response.on('close', () => {
    clearInterval(timer);
  });
};

describe('the pinned program', () => {
  test('is fetched, unpacked and asked for its version', async () => {
    const { url, requests } = await mirror(good);
    const { found, lines, scratch } = look(pinned(await ours), `${url}/`);
    const path = join(scratch, 'bin/trivy');
    expect(await found).toEqual({ name: 'trivy', path, version: '9.9.9', origin: 'download' });
    expect(requests).toEqual(['GET /v9.9.9/trivy.tar.gz']);
    expect(statSync(path).mode & 0o700).toBe(0o700);
    expect(lines).toEqual([
      `info: Fetching ${url}/v9.9.9/trivy.tar.gz`,
      `info: Trivy 9.9.9 (download): ${path}`,
    ]);
  });

  test('comes from where its releases lie when there is no mirror, also by way of another host', async () => {
    const store = await mirror(text('', 200));
    const { url: elsewhere } = await mirror(good);
    const { url } = await mirror((_, response) => {
      response.writeHead(302, { location: `${elsewhere}/v9.9.9/trivy.tar.gz` }).end();
    });
    const program = pinned(await ours, { releases: `${url}/owner/name/releases/download` });
    expect(await look(program, undefined).found).toMatchObject({ origin: 'download' });
    expect(store.requests).toEqual([]);
  });

  test('comes through the proxy of the environment', async () => {
    const bytes = await ours;
    const { url, requests } = await mirror((_, response) => response.end(bytes));
    process.env.HTTP_PROXY = url;
    const { found } = look(pinned(bytes), 'http://releases.example');
    expect(await found).toMatchObject({ origin: 'download' });
    expect(requests).toEqual(['GET http://releases.example/v9.9.9/trivy.tar.gz']);
  });

  test.each<[string, RequestListener[], number]>([
    ['503', [text('busy', 503), good], 2],
    ['429 and 500', [text('', 429), text('', 500), good], 3],
    ['a cut connection', [cut, good], 2],
    ['a server that does not answer', [hanging, hanging, hanging, good], 4],
    ['a server that is too slow', [dripping, good], 2],
    ['other bytes', [text('<html>log in'), good], 2],
  ])('is fetched again after %s', async (_, listeners, count) => {
    const { url, requests } = await mirror(inTurn(...listeners));
    const { found, clock, lines } = look(pinned(await ours), url, { attemptMs: 300 });
    expect(await found).toMatchObject({ version: '9.9.9' });
    expect(requests).toHaveLength(count);
    expect(clock.sleeps).toHaveLength(count - 1);
    expect(lines.filter((line) => line.includes('Trying again in'))).toHaveLength(count - 1);
  });

  test.each<[string, RequestListener, string, number]>([
    ['404', text('', 404), 'HTTP 404', 1],
    ['403', text('', 403), 'HTTP 403', 1],
    ['204', text('', 204), 'HTTP 204', 1],
    ['503 for good', text('', 503), 'HTTP 503', 4],
    ['cut each time', cut, 'aborted', 4],
    ['never an answer', hanging, 'not complete within 0.3 s', 4],
    ['never an end', dripping, 'not complete within 0.3 s', 4],
  ])('cannot be had: %s', async (_, listener, why, count) => {
    const { url, requests } = await mirror(listener);
    const problem = await problemIn(look(pinned(await ours), url, { attemptMs: 300 }).found);
    expect(problem).toMatchObject({
      id: 'tool-unavailable',
      message: `Trivy 9.9.9 cannot be fetched (${why}).`,
      value: `${url}/v9.9.9/trivy.tar.gz`,
    });
    expect(problem.fix).toContain('install Trivy >=0.69.2 <1 on PATH');
    expect(requests).toHaveLength(count);
  });

  test('cannot be had: nobody is there', async () => {
    const problem = await problemIn(look(pinned(await ours), await nobody()).found);
    expect(problem).toMatchObject({ id: 'tool-unavailable' });
    expect(problem.message).toContain('ECONNREFUSED');
  });

  test('is refused when its bytes are wrong a second time', async () => {
    const { url, requests } = await mirror(text('<html>log in'));
    const program = pinned(await ours);
    const { found, scratch } = look(program, url);
    const problem = await problemIn(found);
    expect(problem).toMatchObject({ id: 'tool-corrupt', value: `${url}/v9.9.9/trivy.tar.gz` });
    expect(problem.message).toContain(`expected ${digestOf(await ours)}`);
    expect(problem.message).toContain(`got ${digestOf('<html>log in')} (12 bytes)`);
    expect(requests).toHaveLength(2);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test.each([
    ['another version', release(saying('9.9.8')), 'it says that it is 9.9.8'],
    ['something that does not run', release('#!/nowhere/sh'), 'it cannot be run'],
    [
      'nothing of that name',
      archive([{ name: 'bin/trivy' }, saying('9.9.9')]),
      'it holds no file trivy',
    ],
    ['no archive', Promise.resolve(Buffer.from('<html>')), 'incorrect header check'],
    ['half an archive', ours.then((bytes) => bytes.subarray(0, 200)), 'it cannot be unpacked'],
  ])('is refused when its archive holds %s', async (_, making, why) => {
    const bytes = await making;
    const { url } = await mirror(serving(bytes));
    const problem = await problemIn(look(pinned(bytes), url).found);
    expect(problem).toMatchObject({ id: 'tool-corrupt', value: 'trivy.tar.gz' });
    expect(problem.message).toContain(why);
  });

  test('is all that is written, whatever else its archive holds', async () => {
    const outside = folderWith({ victim: 'as it was' });
    const victim = join(outside, 'victim');
    const bytes = await archive(
      [{ name: '../escaped' }, 'x'],
      [{ name: join(outside, 'absolute') }, 'x'],
      [{ name: 'trivy', type: 'symlink', linkname: victim }],
      [{ name: 'trivy', type: 'link', linkname: victim }],
      [{ name: 'folder', type: 'symlink', linkname: outside }],
      [{ name: 'folder/through' }, 'x'],
      [{ name: './trivy' }, saying('9.9.9')],
    );
    const { url } = await mirror(serving(bytes));
    const { found, scratch } = look(pinned(bytes), url);
    const { path } = await found;
    expect(readFileSync(path, 'utf8')).toBe(saying('9.9.9'));
    expect(readdirSync(join(scratch, 'bin'))).toEqual(['trivy']);
    expect(readdirSync(join(scratch, '..'))).not.toContain('escaped');
    expect(readdirSync(outside)).toEqual(['victim']);
    expect(readFileSync(victim, 'utf8')).toBe('as it was');
  });

  test('is not there for every platform', async () => {
    const { found } = look(pinned(await ours, { archives: {} }), undefined);
    expect(await problemIn(found)).toMatchObject({
      id: 'tool-unsupported',
      value: `${process.platform}-${process.arch}`,
    });
  });

  test.each([
    ['win32-x64', 'Slipway does not scan on Windows'],
    ['linux-s390x', 'Install Trivy >=0.69.2 <1 on PATH'],
  ])('is not there for %s, and the way out is said', async (platform, way) => {
    expect(unsupported(pinned(await ours), platform).fix).toContain(way);
  });

  test.each([
    ['trivy.example.com', 'trivy.example.com'],
    ['ftp://example.com', 'example.com'],
    ['https://me:hunter2@example.com/x', 'example.com'],
    ['https://me:hunter2@example .com', 'example .com'],
  ])('cannot come from the mirror %s', async (text, value) => {
    const problem = await problemIn(look(pinned(await ours), text).found);
    expect(problem).toMatchObject({ id: 'url-invalid', value });
  });
});

describe('the tool cache', () => {
  const kept = 'slipway-trivy/9.9.9/x64/trivy.tar.gz'.replace('x64', process.arch);

  test('keeps the archive, and the next run asks nobody', async () => {
    process.env.RUNNER_TOOL_CACHE = folderWith();
    const { url, requests } = await mirror(good);
    await look(pinned(await ours), url).found;
    const { found, scratch } = look(pinned(await ours), url);
    const path = join(scratch, 'bin/trivy');
    expect(await found).toEqual({ name: 'trivy', path, version: '9.9.9', origin: 'tool cache' });
    expect(requests).toHaveLength(1);
  });

  test('is held to the checksum: what was changed there is left out, said, and replaced', async () => {
    const folder = folderWith();
    process.env.RUNNER_TOOL_CACHE = folder;
    const { url, requests } = await mirror(good);
    await look(pinned(await ours), url).found;
    writeFileSync(join(folder, kept), await release(saying('9.9.9; steal')));
    const { found, lines } = look(pinned(await ours), url);
    expect(await found).toMatchObject({ origin: 'download' });
    expect(lines[0]).toBe(
      'warning: trivy.tar.gz in the tool cache is not what was released, and is not used.',
    );
    expect(requests).toHaveLength(2);
    expect(readFileSync(join(folder, kept))).toEqual(await ours);
  });

  test('is no condition: one that cannot be written to is a line in the log', async () => {
    process.env.RUNNER_TOOL_CACHE = join(folderWith({ file: '' }), 'file');
    const { url } = await mirror(good);
    const { found, lines } = look(pinned(await ours), url);
    expect(await found).toMatchObject({ origin: 'download' });
    expect(lines.join('\n')).toContain('info: trivy.tar.gz is not kept in the tool cache: ');
  });
});
