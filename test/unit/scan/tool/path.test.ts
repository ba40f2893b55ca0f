import { describe, expect, test } from '@jest/globals';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PROGRAMS } from '../../../../src/scan/tool/pins.ts';
import { writtenVersion } from '../../../../src/scan/tool/version.ts';
import { folderWith, problemIn } from '../../kit/support.ts';
import { hanging } from '../../smoke/server.ts';
import { ours, pinned, release, saying, scene, serving } from './scene.ts';

const { onPath, mirror, look } = scene();

describe('a program on PATH', () => {
  test.each(['0.69.2', '0.69.3', '0.69.7', '0.70.0', '0.74.0', '0.99.1'])(
    '%s is taken, and nothing is fetched',
    async (version) => {
      const { url, requests } = await mirror(hanging);
      const PATH = onPath(saying(version));
      const { found, lines } = look(pinned(await ours), url, { PATH: `/nowhere::${PATH}` });
      const path = join(PATH, 'trivy');
      expect(await found).toEqual({ name: 'trivy', path, version, origin: 'PATH' });
      expect(lines).toEqual([`info: Trivy ${version} (PATH): ${path}`]);
      expect(requests).toEqual([]);
    },
  );

  test.each([
    ['is too old', saying('0.69.1'), 'it is Trivy 0.69.1, and >=0.69.2 <1 is accepted'],
    ['is of a time to come', saying('1.0.0'), 'it is Trivy 1.0.0, and >=0.69.2 <1 is accepted'],
    ['is built by hand', saying('dev'), 'it is Trivy dev, and >=0.69.2 <1 is accepted'],
    ['is half a release', saying('0.75.0-rc.1'), 'it is Trivy 0.75.0-rc.1, and'],
    ['fails', '#!/bin/sh\necho "Version: 0.74.0"\necho no >&2\nexit 3\n', '(no)'],
    ['says nothing', '#!/bin/sh\n', '(it ended with 0)'],
    ['speaks another language', '#!/bin/sh\nprintf "\\033[31m##[error]x" >&2\n', '(## [error]x)'],
    ['cannot be run', '#!/nowhere/sh\n', 'it cannot be run ('],
    ['hangs', '#!/bin/sh\nsleep 60\n', 'it does not say its version within 0.5 s'],
    ['leaves something behind', '#!/bin/sh\nsleep 60 &\n', 'within 0.5 s'],
  ])('one that %s is not, and the log says why', async (_, content, why) => {
    const { url } = await mirror(serving(await ours));
    const PATH = onPath(content);
    const { found, lines } = look(pinned(await ours), url, { PATH, askMs: 500 });
    expect(await found).toMatchObject({ version: '9.9.9', origin: 'download' });
    expect(lines[0]).toContain(`info: ${PATH}/trivy is not used: `);
    expect(lines[0]).toContain(why);
  });

  test.each([
    ['8.24.0', '8.24.0'],
    ['v8.30.1', '8.30.1'],
    ['8.23.3', undefined],
    ['9.0.0', undefined],
    ['version is set by build process', undefined],
  ])('a gitleaks that says %s', async (says, version) => {
    const PATH = onPath(`#!/bin/sh\n[ "$*" = version ] && echo '${says}'\n`, 'gitleaks');
    const program = { ...PROGRAMS.gitleaks, archives: {} };
    const found = look(program, undefined, { PATH }).found.catch(() => undefined);
    expect((await found)?.version).toBe(version);
  });

  test('what is no program, or lies where the pull request could put it, does not count', async () => {
    const folder = folderWith();
    mkdirSync(join(folder, 'trivy'));
    const plain = onPath(saying('0.74.0'));
    chmodSync(join(plain, 'trivy'), 0o644);
    const here = relative(process.cwd(), onPath(saying('0.74.0')));
    const { url } = await mirror(serving(await ours));
    const { found, lines } = look(pinned(await ours), url, {
      PATH: [folder, plain, here].join(':'),
    });
    expect(await found).toMatchObject({ origin: 'download' });
    expect(lines.join()).not.toContain('is not used');
  });

  test('it sees nothing of the step, and nothing that lies about', async () => {
    const seen = join(folderWith(), 'seen');
    const PATH = onPath(`#!/bin/sh\n(env; ls -A) >${seen}\necho "Version: 0.74.0"\n`);
    process.env.GITHUB_TOKEN = 'of the job';
    const { found, scratch } = look(pinned(await ours), undefined, { PATH });
    await found;
    const names = readFileSync(seen, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.filter((name) => name !== '_').sort()).toEqual(['HOME', 'PATH', 'PWD']);
    expect(readdirSync(scratch)).toEqual([]);
  });
});

describe('a malicious program', () => {
  test.each(['0.69.4', '0.69.5', '0.69.6', 'v0.69.4', '0.69.4+dirty'])(
    '%s is refused by name',
    async (version) => {
      const { url, requests } = await mirror(hanging);
      const PATH = onPath(saying(version));
      const problem = await problemIn(look(pinned(await ours), url, { PATH }).found);
      expect(problem).toMatchObject({ id: 'tool-malicious', value: join(PATH, 'trivy') });
      expect(problem.message).toContain(
        `Trivy ${version.replace(/^v|\+.*/g, '')} was published by an attacker`,
      );
      expect(problem.fix).toContain('renew every secret');
      expect(requests).toEqual([]);
    },
  );

  test('is not even run when Go wrote its version into it', async () => {
    const ran = join(folderWith(), 'ran');
    const info =
      'path\tgithub.com/aquasecurity/trivy/cmd/trivy\nmod\tgithub.com/aquasecurity/trivy\tv0.69.4\t\n';
    const PATH = onPath(`#!/bin/sh\ntouch ${ran}\necho "Version: 0.74.0"\nexit\n${info}`);
    const { found } = look(pinned(await ours), undefined, { PATH });
    expect((await problemIn(found)).id).toBe('tool-malicious');
    expect(existsSync(ran)).toBe(false);
  });

  test('is refused out of an archive, too', async () => {
    const archive = await release(saying('0.69.5'));
    const { url } = await mirror(serving(archive));
    const { found } = look(pinned(archive), url);
    expect((await problemIn(found)).id).toBe('tool-malicious');
  });
});

describe('the version that Go wrote', () => {
  const mod = '\nmod\tgithub.com/aquasecurity/trivy\tv0.74.0\th1:abc=\n';
  test.each([
    ['in the middle', `\0\xff${mod}\0`, '0.74.0'],
    ['across two chunks', `${'\0'.repeat(4 * 1024 * 1024 - 20)}${mod}`, '0.74.0'],
    ['nowhere', '\nmod\tgithub.com/aquasecurity/trivy\t(devel)\t\n', undefined],
    ['of a dependency of something else', mod.replace('mod', 'dep'), undefined],
    ['of another module', mod.replace('trivy', 'trivy-db'), undefined],
  ])('%s', async (_, content, version) => {
    const file = join(folderWith({ trivy: content }), 'trivy');
    expect(await writtenVersion(file, 'github.com/aquasecurity/trivy')).toBe(version);
  });
});
