import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { parseDuration } from '../../../src/kit/duration.ts';
import { slipwaySchema } from '../../../src/config/schema.ts';

const fits = (value: unknown): boolean => slipwaySchema.safeParse(value).success;

describe('slipwaySchema', () => {
  test.each(['a', 'saas-chat', '0x', 'a_b'])('%s is a name', (app) => {
    expect(fits({ app })).toBe(true);
  });

  // Names become folders, projects and labels.
  test.each(['', 'A', '-a', '_a', 'a b', 'a/b', '..', 'a.b', 'ä', 'a\n'])('%j is none', (app) => {
    expect(fits({ app })).toBe(false);
    expect(fits({ app: 'x', environments: { [app]: {} } })).toBe(false);
  });

  test.each(['', '-x', '.x', 'a b', 'a/b', 'a\tb', 'a\n'])('%j is no name of a service', (name) => {
    expect(fits({ app: 'x', services: { [name]: {} } })).toBe(false);
    expect(fits({ app: 'x', proxy: { driver: 'nginx', service: name } })).toBe(false);
    expect(fits({ app: 'x', migrate: { service: name } })).toBe(false);
  });

  test.each(['500ms', '2s', '1m30s', '1.5h', '', '5', '5 m', 's'])(
    'a drain of %j is allowed exactly when it can be read',
    (drain) => {
      let readable = true;
      try {
        parseDuration(drain, 'x');
      } catch {
        readable = false;
      }
      expect(fits({ app: 'x', proxy: { driver: 'nginx', drain } })).toBe(readable);
    },
  );

  test('unknown keys are refused on every level', () => {
    for (const value of [
      { typo: 1 },
      { services: { a: { typo: 1 } } },
      { proxy: { driver: 'none', typo: 1 } },
      { migrate: { service: 'a', typo: 1 } },
      { environments: { a: { typo: 1 } } },
      { smoke: [{ get: '/', typo: 1 }] },
      { smoke: [{ get: '/', expect: { typo: 1 } }] },
    ]) {
      expect(fits({ app: 'x', ...value })).toBe(false);
    }
  });

  test.each(['examples/saas-chat/slipway.yml', 'test/fixtures/hello/slipway.yml'])(
    '%s fits',
    (file) => {
      const path = new URL(`../../../${file}`, import.meta.url);
      expect(existsSync(path)).toBe(true);
      expect(slipwaySchema.safeParse(parse(readFileSync(path, 'utf8'))).error).toBeUndefined();
    },
  );
});
