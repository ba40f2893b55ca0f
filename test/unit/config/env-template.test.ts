import { describe, expect, test } from '@jest/globals';
import { parseDotenv } from '../../../src/config/dotenv.ts';
import { compareWith, parseTemplate, type UnknownName } from '../../../src/config/env-template.ts';
import { isPlaceholder } from '../../../src/config/placeholder.ts';
import { nearest } from '../../../src/config/nearest.ts';
import { problemOf } from '../kit/support.ts';

function check(template: string, env: string): readonly UnknownName[] {
  const compared = compareWith(parseTemplate(template, '.env.example'), parseDotenv(env, 'x'));
  if (compared.error) throw compared.error;
  return compared.unknown;
}

describe('a template', () => {
  const TEMPLATE = [
    'PORT=3000',
    'DATABASE_URL=postgres://app:changeme@db/app',
    '# required',
    'API_KEY=',
    'MAIL_HOST= # required',
    'LOCALE=',
    'SENTRY_DSN=https://example.com/1 # optional',
    '# PROXY=http://proxy:3128',
    'LAST=x',
  ].join('\n');
  const GOOD = [
    'PORT=3000',
    'DATABASE_URL=postgres://app:s3cr3t@db/app',
    'API_KEY=hunter2hunter2',
    'MAIL_HOST=mail',
    'LOCALE=',
    'LAST=y',
  ];

  test('is fulfilled; a value that is not to be replaced may stay as it is', () => {
    expect(check(TEMPLATE, GOOD.join('\n'))).toEqual([]);
    expect(check(TEMPLATE, [...GOOD, 'SENTRY_DSN=', 'PROXY=x'].join('\n'))).toEqual([]);
  });

  test('everything that is missing, empty or a placeholder is listed together, without any value', () => {
    const env =
      'DATABASE_URL=postgres://app:changeme@prod-db/app\nPORT=\nAPI_KEY=\nMAIL_HOST= # required\nLOCALE\nLAST=<hunter2>\n';
    const { id, message, value } = problemOf(() => check(TEMPLATE, env));
    expect({ id, value }).toEqual({
      id: 'env-incomplete',
      value: 'LOCALE, PORT, API_KEY, DATABASE_URL, MAIL_HOST, LAST',
    });
    expect(message).toBe(
      'The environment of the release does not fulfil .env.example. missing: LOCALE (line 6 of .env.example); empty: PORT (line 2), API_KEY (line 3); placeholder: DATABASE_URL (line 1), MAIL_HOST (line 4), LAST (line 6).',
    );
  });

  test('a misspelling is told with what is missing', () => {
    const env = GOOD.join('\n').replace('DATABASE_URL', 'DATABSE_URL');
    expect(problemOf(() => check(TEMPLATE, env)).message).toContain(
      'missing: DATABASE_URL (line 2 of .env.example; line 2 of the environment sets DATABSE_URL)',
    );
  });

  test('unknown names are told, and what may have been meant', () => {
    expect(check(TEMPLATE, [...GOOD, 'SENTRY_DNS=x', 'OTHER=y', 'PORTS=1'].join('\n'))).toEqual([
      { name: 'SENTRY_DNS', line: 7, meant: 'SENTRY_DSN' },
      { name: 'OTHER', line: 8, meant: undefined },
      { name: 'PORTS', line: 9, meant: undefined },
    ]);
  });

  test('of several values the last one counts', () => {
    expect(problemOf(() => check('A=x', 'A=1\nA=\n')).message).toContain('empty: A (line 2)');
    expect(check('A=x', 'A=\nA=1\n')).toEqual([]);
  });

  test('a comment that only mentions the word marks nothing', () => {
    expect(
      check('# required for mail, not otherwise\nA=\n# required: see wiki\nB=x\n', 'A=\nB=y'),
    ).toEqual([]);
    expect(check('A=x # not optional\n', 'A=1')).toEqual([]);
    expect(problemOf(() => check('A=x # not optional\n', 'A=')).id).toBe('env-incomplete');
    expect(problemOf(() => check('A=1 # required\nB=\n', 'A=1')).value).toBe('B');
  });

  test('one that cannot be read is named with its line', () => {
    expect(problemOf(() => parseTemplate('A=1\nB="\n', '.env.example'))).toMatchObject({
      id: 'env-invalid',
      message: 'Line 2 of .env.example has a quote that is never closed.',
    });
  });
});

test.each<[value: string, template: string | undefined]>([
  ['changeme', undefined], ['CHANGE_ME', undefined], ['change-me', undefined], ['replace-me', undefined], ['ChangeThis', undefined],
  ['your-api-key', undefined], ['your_secret_here', undefined], ['YOUR-PASSWORD', undefined],
  ['<password>', undefined], ['< your token >', undefined], ['xxx', undefined], ['XXXXXXXX', undefined], ['TODO', undefined], ['FIXME', undefined],
  ['admin@example.com', 'admin@example.com'],
  ['https://example.com', 'https://example.com'],
  ['postgres://a:changeme@prod/a', 'postgres://a:changeme@db/a'],
  ['https://<domain>/x', 'https://<domain>/'],
  ['sk-xxxx', 'sk-xxxx'], ['your-company', 'your-company'],
  ['# required', '# required'],
])('%s is a placeholder (template: %s)', (value, template) => {
  expect(isPlaceholder(value, template)).toBe(true);
}); // prettier-ignore

test.each<[value: string, template: string | undefined]>([
  ['', undefined], ['3000', '3000'], ['production', 'production'], ['postgres', 'postgres'],
  ['todo', 'todo'], ['todos', undefined], ['xx', undefined], ['xxl', undefined], ['exxxample', undefined],
  ['admin@example.com', 'root@example.com'], ['https://example.com', ''], ['example', undefined],
  ['Shop <shop@example.org>', 'Shop <shop@example.com>'], ['<b>Hello</b>', '<b>Hello</b>'],
  ['your-move-prod', undefined], ['your-move-prod', ''], ['exchange-media', undefined], ['https://x/change-me', ''],
  ['Gk3_changeme9x', 'changeme'], ['s3cr3t', 'changeme'], ['#ffcc00', '#000000'],
])('%s is none (template: %s)', (value, template) => {
  expect(isPlaceholder(value, template)).toBe(false);
}); // prettier-ignore

test.each([
  ['DATABSE_URL', 'DATABASE_URL'], ['DATABASEURL', 'DATABASE_URL'], ['database_url', 'DATABASE_URL'],
  ['API_KYE', 'API_KEY'], ['PORT', undefined], ['DB', undefined], ['REDIS_URL', undefined],
])('%s was meant to be %s', (name, meant) => {
  expect(nearest(name, ['DATABASE_URL', 'API_KEY', 'SORT_BY'])).toBe(meant);
}); // prettier-ignore
