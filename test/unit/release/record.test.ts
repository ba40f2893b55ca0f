import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  formatRecord,
  parseRecord,
  readRecord,
  readRecordFile,
  recordHash,
  recordId,
  type ReleaseRecord,
} from '../../../src/release/record.ts';
import { folderWith, problemOf } from '../kit/support.ts';

const commit = '1a2b3c4'.padEnd(40, '0');
const image = `ghcr.io/acme/api@sha256:${'a'.repeat(64)}`;
const good: ReleaseRecord = {
  schema: 1,
  id: '20261121T083500Z-1a2b3c4',
  app: 'saas-chat',
  commit,
  ref: 'refs/heads/main',
  created: '2026-11-21T08:35:00Z',
  services: { api: { image, revision: 'f'.repeat(40) } },
};

const parse = (value: unknown): ReleaseRecord => parseRecord(JSON.stringify(value), 'release.json');

describe('parseRecord', () => {
  test('reads a record', () => {
    expect(parse(good)).toEqual(good);
  });

  test('reads what is known of a build beyond that', () => {
    const more = { platforms: ['linux/amd64', 'linux/arm/v7'], attestations: ['provenance'] };
    const run = 'https://github.com/acme/saas-chat/actions/runs/1';
    const grown = { ...good, run, services: { api: { image, revision: commit, ...more } } };
    expect(parse(grown)).toEqual(grown);
  });

  test('commits may be SHA-256', () => {
    const long = 'a'.repeat(64);
    expect(parse({ ...good, commit: long }).commit).toBe(long);
  });

  test.each([
    ['localhost:5000/api', true],
    ['10.0.0.1:5000/team/api', true],
    ['api', true],
    ['ghcr.io/acme/api:v1', true],
    ['-v', false],
    ['ghcr.io/acme/api x', false],
    ['', false],
  ])('an image of the repository %j: %p', (repository, fine) => {
    const services = { api: { image: `${repository}@sha256:${'a'.repeat(64)}`, revision: commit } };
    if (fine) expect(parse({ ...good, services }).services).toEqual(services);
    else expect(problemOf(() => parse({ ...good, services })).id).toBe('release-invalid');
  });

  test.each<[string, unknown, string]>([
    ['another version of the format', { ...good, schema: 2 }, 'schema: '],
    ['an id that is no time', { ...good, id: 'v1.2.0' }, 'id: must be <UTC time>-<short commit>'],
    ['an id that leaves its folder', { ...good, id: '../../x' }, 'id: must be'],
    ['an app that is no name', { ...good, app: 'A/b' }, 'app: '],
    ['a short commit', { ...good, commit: '1a2b3c4' }, 'commit: must be a full commit hash'],
    ['a time that is none', { ...good, created: 'yesterday' }, 'created: '],
    [
      'a tag for a digest',
      { ...good, services: { api: { image: 'x/api:1', revision: commit } } },
      'services.api.image: must be repository@sha256:',
    ],
    [
      'a short digest',
      { ...good, services: { api: { image: 'x/api@sha256:abc', revision: commit } } },
      'services.api.image: ',
    ],
    ['a missing revision', { ...good, services: { api: { image } } }, 'services.api.revision: '],
    [
      'a service that is an option',
      { ...good, services: { '-x': { image, revision: commit } } },
      'services.-x: ',
    ],
    ['a run that is a script', { ...good, run: 'javascript:alert(1)' }, 'run: '],
    [
      'a platform that is none',
      { ...good, services: { api: { image, revision: commit, platforms: ['linux'] } } },
      'services.api.platforms.0: must be os/architecture',
    ],
    ['a key that nobody knows', { ...good, extra: 1 }, ': Unrecognized key: "extra"'],
    ['a list', [], ': Invalid input: expected object'],
  ])('%s is refused', (_, value, said) => {
    const problem = problemOf(() => parse(value));
    expect(problem).toMatchObject({ id: 'release-invalid', value: 'release.json' });
    expect(problem.message).toContain(`The release record does not fit: ${said}`);
    expect(problem.fix).toContain('images must be digests');
  });

  test.each(['', '{', 'schema: 1'])('%j is not JSON', (text) => {
    expect(problemOf(() => parseRecord(text, 'release.json'))).toMatchObject({
      id: 'release-invalid',
      message: 'The release record is not JSON.',
      value: 'release.json',
    });
  });
});

describe('formatRecord', () => {
  const service = { image, revision: commit, platforms: ['linux/amd64'] };

  test('the same facts are the same bytes, whatever their order', () => {
    const one: ReleaseRecord = { ...good, services: { web: service, api: service } };
    const { services: _, ...rest } = good;
    const other = {
      services: {
        api: { platforms: ['linux/amd64'], revision: commit, image },
        web: { revision: commit, image, platforms: ['linux/amd64'] },
      },
      ...rest,
    };
    expect(formatRecord(other)).toEqual(formatRecord(one));
    expect(formatRecord(one).toString('utf8')).toMatch(
      /^\{\n {2}"schema": 1,\n {2}"id": [^]*\}\n$/,
    );
  });

  test('what is written is what is read, and hashed as the file is', () => {
    const bytes = formatRecord({ ...good, run: 'https://github.com/a/b/actions/runs/1' });
    const workspace = folderWith({ 'release.json': bytes.toString('utf8') });
    const read = readRecordFile('release.json', workspace);
    expect(read.bytes).toEqual(bytes);
    expect(formatRecord(read.record)).toEqual(bytes);
    // sha256sum of the file
    expect(recordHash(read.bytes)).toBe(
      `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    );
  });

  test('the name is the time of the commit, in UTC, and the short commit', () => {
    expect(recordId(commit, new Date('2026-11-21T09:35:00.7+01:00'))).toBe(
      '20261121T083500Z-1a2b3c4',
    );
  });
});

describe('readRecord', () => {
  test('reads a file of the workspace', () => {
    const workspace = folderWith({ 'out/release.json': JSON.stringify(good) });
    expect(readRecord('out/release.json', workspace)).toEqual(good);
  });

  test('no file: says which step should have made it', () => {
    const problem = problemOf(() => readRecord('release.json', folderWith()));
    expect(problem).toMatchObject({ id: 'release-missing', value: 'release.json' });
    expect(problem.fix).toContain('earlier step');
  });

  test('outside of the workspace nothing is read', () => {
    const problem = problemOf(() => readRecord('../release.json', folderWith()));
    expect(problem.id).toBe('path-outside-workspace');
  });
});
