import { describe, expect, test } from '@jest/globals';
import { allFindings, hasComposeHealthCheck } from '../../../src/build/dockerfile/check.ts';
import { readDockerfile } from '../../../src/build/dockerfile/read.ts';
import { ownFindings } from '../../../src/build/dockerfile/rules.ts';
import { knownArguments, ociLabels } from '../../../src/build/labels.ts';
import { folderWith } from '../kit/support.ts';

const GOOD = 'USER 1000\nHEALTHCHECK CMD true\n';

function findings(
  text: string,
  {
    target,
    healthCheckElsewhere = false,
    args = {},
  }: { target?: string; healthCheckElsewhere?: boolean; args?: Record<string, string> } = {},
): string[] {
  return ownFindings(readDockerfile(text, args), { target, healthCheckElsewhere }).map(
    ({ rule, line }) => `${rule} ${line}`,
  );
}

describe('the rules for a Dockerfile', () => {
  test.each([
    ['nothing to say', `FROM node:24\n${GOOD}`, []],
    ['no file at all', '', []],
    // Base images.
    ['no tag', `FROM node\n${GOOD}`, ['base-latest 1']],
    ['latest', `FROM node:latest\n${GOOD}`, ['base-latest 1']],
    ['a registry with a port, and no tag', `FROM r.example:5000/node\n${GOOD}`, ['base-latest 1']],
    ['a digest', `FROM node@sha256:${'0'.repeat(64)}\n${GOOD}`, []],
    ['scratch', `FROM scratch\n${GOOD}`, []],
    ['a stage', `FROM node:24 AS Base\nFROM base\n${GOOD}`, []],
    ['a platform before it', `FROM --platform=$BUILDPLATFORM node\n${GOOD}`, ['base-latest 1']],
    ['an argument with a default', `ARG IMAGE=node\nFROM \${IMAGE}\n${GOOD}`, ['base-latest 2']],
    ['one with a fallback', `FROM \${IMAGE:-node:24}\n${GOOD}`, []],
    ['one that is not known', `ARG IMAGE\nFROM $IMAGE\n${GOOD}`, []],
    // The user.
    ['no user', 'FROM node:24\nHEALTHCHECK CMD true\n', ['root-user 1']],
    ['root', 'FROM node:24\nUSER 1000\nUSER root\nHEALTHCHECK CMD true\n', ['root-user 3']],
    ['root by number, with a group', 'FROM node:24\nUSER 0:0\nHEALTHCHECK CMD true\n', ['root-user 2']],
    ['the user of another stage', `FROM node:24 AS a\nUSER 1\nFROM node:24\nHEALTHCHECK CMD true\n`, ['root-user 3']],
    ['the user of the stage below', `FROM node:24 AS a\nUSER 1\nFROM a\nHEALTHCHECK CMD true\n`, []],
    ['a base image with a user', 'FROM gcr.io/distroless/nodejs24:nonroot\nHEALTHCHECK CMD true\n', []],
    // The health check.
    ['no health check', 'FROM node:24\nUSER 1\n', ['no-healthcheck 1']],
    ['one that is switched off', 'FROM node:24\nUSER 1\nHEALTHCHECK NONE\n', ['no-healthcheck 3']],
    // Secrets.
    ['an .env', `FROM node:24\nCOPY .env /app/\n${GOOD}`, ['secret-copied 2']],
    ['several, in JSON', `FROM node:24\nADD ["config/id_rsa", "tls/a.pem", "/app/"]\n${GOOD}`, ['secret-copied 2', 'secret-copied 2']],
    ['with an owner', `FROM node:24\nCOPY --chown=1:1 .env.production /app/\n${GOOD}`, ['secret-copied 2']],
    ['a harmless example', `FROM node:24\nCOPY .env.example a.pub .npmrc /app/\n${GOOD}`, []],
    ['from another stage', `FROM node:24 AS a\nFROM node:24\nCOPY --from=a /x.pem /app/\n${GOOD}`, []],
    ['in small letters, over several lines', `from node:24\ncopy a \\\n  b.key \\\n  /app/\n${GOOD}`, ['secret-copied 2']],
  ])('%s', (_what, text, expected) => {
    expect(findings(text)).toEqual(expected);
  }); // prettier-ignore

  test('a build argument wins over its default', () => {
    expect(
      findings(`ARG IMAGE=node:24\nFROM $IMAGE\n${GOOD}`, { args: { IMAGE: 'node' } }),
    ).toEqual(['base-latest 2']);
  });

  test('the stage that is built counts', () => {
    const text = `FROM node:24 AS dev\nFROM node:24 AS web\n${GOOD}`;
    expect(findings(text)).toEqual([]);
    expect(findings(text, { target: 'dev' })).toEqual(
      ['no-healthcheck 1', 'root-user 1'].sort().reverse(),
    );
    expect(findings(text, { target: '1' })).toEqual([]);
  });

  test('a health check of Compose is one, unless it is switched off', () => {
    expect(findings('FROM node:24\nUSER 1\n', { healthCheckElsewhere: true })).toEqual([]);
    const workspace = folderWith({
      'a.yml':
        'services: { web: { healthcheck: { test: [CMD, true] } }, off: { healthcheck: { disable: true } }, none: {} }',
      'broken.yml': 'services: [',
    });
    const has = (service: string, ...files: string[]): boolean =>
      hasComposeHealthCheck(files, service, workspace);
    expect(has('web', 'broken.yml', 'missing.yml', 'a.yml')).toBe(true);
    expect([has('off', 'a.yml'), has('none', 'a.yml'), has('other', 'a.yml'), has('web')]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test('what several tools say is said once, ours first', () => {
    const own = [{ rule: 'root-user', message: 'ours', line: 3 }];
    const hadolint = [
      { rule: 'DL3002', message: 'root', line: 3 },
      { rule: 'DL3007', message: 'latest', line: 1 },
      { rule: 'DL4006', message: 'pipefail', line: 2 },
    ];
    const buildkit = [{ rule: 'JSONArgs', text: 'json', line: 9, url: 'https://x' }];
    expect(
      allFindings(own, hadolint, buildkit).map(({ rule, message }) => `${rule}: ${message}`),
    ).toEqual([
      'root-user: ours',
      'JSONArgs: json (https://x)',
      'DL3007: latest',
      'DL4006: pipefail',
    ]);
  });
});

describe('what an image is told about itself', () => {
  const revision = { commit: 'c'.repeat(40), epoch: 1767323045 };

  test('the commit and the version only where the Dockerfile asks for them', () => {
    const { declared } = readDockerfile(
      'ARG BASE=a:1\nFROM ${BASE}\nARG REVISION=unknown VERSION\n',
      {},
    );
    expect([...declared]).toEqual(['BASE', 'REVISION', 'VERSION']);
    expect(knownArguments(declared, revision, '1.2.0')).toEqual({
      SOURCE_DATE_EPOCH: '1767323045',
      REVISION: revision.commit,
      VERSION: '1.2.0',
    });
    expect(knownArguments(new Set(), revision, '1.2.0')).toEqual({
      SOURCE_DATE_EPOCH: '1767323045',
    });
    expect(knownArguments(declared, revision, undefined)).not.toHaveProperty('VERSION');
  });

  test('labels without what is not known', () => {
    expect(ociLabels(revision, { title: 'web', version: undefined, source: undefined })).toEqual({
      'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
      'org.opencontainers.image.revision': revision.commit,
      'org.opencontainers.image.title': 'web',
    });
  });
});
