import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { valid, satisfies } from 'semver';
import { PROGRAMS } from '../../../../src/scan/tool/pins.ts';

const pins = JSON.parse(readFileSync('scripts/pins.json', 'utf8')) as {
  readonly archives: Readonly<Record<string, string>>;
};

test('the archives are those of scripts/pins.json, all of them and no other', () => {
  const table = Object.values(PROGRAMS).flatMap(({ archives }) =>
    Object.values(archives).map((archive) => [archive?.file, archive?.sha256]),
  );
  expect(Object.fromEntries(table)).toEqual(pins.archives);
});

describe.each(Object.values(PROGRAMS))('$name', (program) => {
  const { name, version, archives, accepted, malicious, module } = program;

  test('is there for Linux and macOS, on both architectures', () => {
    expect(Object.keys(archives).sort()).toEqual([
      'darwin-arm64',
      'darwin-x64',
      'linux-arm64',
      'linux-x64',
    ]);
    for (const [platform, archive] of Object.entries(archives)) {
      const [system = '', machine = ''] = platform.split('-');
      const names = { linux: /linux/i, darwin: /darwin|macos/i, x64: /x64|64bit/, arm64: /arm64/i };
      for (const part of [system, machine])
        expect(archive?.file).toMatch(names[part as keyof typeof names]);
      expect(archive?.file).toContain(`_${version}_`);
      expect(archive?.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test('is pinned in a version that would be taken from PATH, and is not malicious', () => {
    expect(satisfies(version, accepted)).toBe(true);
    expect(malicious).not.toContain(version);
    for (const one of malicious) expect(valid(one)).toBe(one);
  });

  test('is the same that tools/ builds where no release can be fetched', () => {
    expect(readFileSync(`tools/${name}/go.mod`, 'utf8')).toContain(`${module} v${version}`);
    expect(readFileSync(`tools/${name}/build.env`, 'utf8')).toContain(`=${version}`);
  });
});
