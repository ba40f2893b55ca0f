import { describe, expect, test } from '@jest/globals';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Leg, parseLeg, parseUnchanged, readLegs } from '../../../src/release/leg.ts';
import { folderWith, problemOf } from '../kit/support.ts';
import { commit, imageOf } from './parts.ts';

const leg: Leg = {
  schema: 1,
  service: 'api',
  image: imageOf('api'),
  revision: commit,
  platforms: ['linux/amd64'],
  attestations: ['provenance', 'sbom'],
};
const text = (service: string): string =>
  JSON.stringify({ ...leg, service, image: imageOf(service) });

describe('parseLeg', () => {
  test('reads what build-image wrote', () => {
    expect(parseLeg(JSON.stringify(leg), 'slipway/api.json')).toEqual(leg);
  });

  test.each<[string, string, string]>([
    ['no JSON', '{', 'it is not JSON'],
    [
      'a tag',
      JSON.stringify({ ...leg, image: 'ghcr.io/acme/api:v1' }),
      'image: must be repository@',
    ],
    ['a short commit', JSON.stringify({ ...leg, revision: '1a2b3c4' }), 'revision: must be a full'],
    ['a path for a name', JSON.stringify({ ...leg, service: '../x' }), 'service: '],
    ['another version', JSON.stringify({ ...leg, schema: 2 }), 'schema: '],
    ['a key that nobody knows', JSON.stringify({ ...leg, extra: 1 }), 'Unrecognized key'],
  ])('%s is refused', (_, content, why) => {
    const problem = problemOf(() => parseLeg(content, 'slipway/api.json'));
    expect(problem).toMatchObject({ id: 'leg-invalid', value: 'slipway/api.json' });
    expect(problem.message).toContain(why);
  });
});

describe('readLegs', () => {
  test('finds them in a folder, merged or one folder an artifact, and nothing else', () => {
    const workspace = folderWith({
      'slipway/web.json': text('web'),
      'slipway/leg-api/api.json': text('api'),
      'slipway/notes.txt': 'x',
      'package.json': '{}',
    });
    const found = readLegs('slipway/', workspace).map(({ service }) => service);
    expect(found).toEqual(['api', 'web']);
  });

  test('finds them by a glob', () => {
    const workspace = folderWith({ 'a/leg-api/api.json': text('api'), 'a/other/web.json': '{' });
    expect(readLegs('a/leg-*/*.json', workspace)).toMatchObject([{ service: 'api' }]);
  });

  test('where nothing is, nothing is found', () => {
    expect(readLegs('slipway/', folderWith())).toEqual([]);
  });

  test('outside of the workspace nothing is read', () => {
    const outside = folderWith({ 'api.json': text('api') });
    const workspace = folderWith({ 'slipway/web.json': text('web') });
    symlinkSync(join(outside, 'api.json'), join(workspace, 'slipway/api.json'));
    expect(problemOf(() => readLegs('slipway/', workspace)).id).toBe('path-outside-workspace');
  });
});

describe('parseUnchanged', () => {
  test('takes the facts out of what detect says', () => {
    const facts = { image: imageOf('api'), revision: commit };
    const said = { api: { ...facts, context: 'services/api', platforms: ['linux/amd64'] } };
    expect(parseUnchanged(JSON.stringify(said))).toEqual({
      api: { ...facts, platforms: ['linux/amd64'] },
    });
    expect(parseUnchanged('{}')).toEqual({});
  });

  test.each(['', '[]', '{"api":{"image":"ghcr.io/acme/api:v1"}}'])('%j is refused', (said) => {
    const problem = problemOf(() => parseUnchanged(said));
    expect(problem).toMatchObject({ id: 'leg-invalid', value: 'unchanged' });
  });
});
