import { describe, expect, test } from '@jest/globals';
import { type Files, Repository } from './repository.ts';

async function stackOf(files: Files): Promise<unknown> {
  const [service, ...others] = await (await Repository.with(files)).services();
  expect(others).toEqual([]);
  return [service?.stack, service?.versions, service?.manager];
}

describe('stack', () => {
  test.each<[string, Files, unknown]>([
    ['nothing known', { Dockerfile: 'FROM alpine\n' }, ['docker', {}, undefined]],
    [
      'the image alone',
      { Dockerfile: 'FROM docker.io/library/node:24.1-slim\n' },
      ['node', { node: '24.1' }, undefined],
    ],
    ['an image without a version', { Dockerfile: 'FROM golang:alpine\n' }, ['go', {}, undefined]],
    [
      'an image by digest',
      { Dockerfile: `FROM python:3.13@sha256:${'0'.repeat(64)}\n` },
      ['python', { python: '3.13' }, undefined],
    ],
    [
      'engines',
      {
        Dockerfile: 'FROM node:24\n',
        'package.json': '{"engines":{"node":">=22"}}',
        'package-lock.json': '{}',
      },
      ['node', { node: '>=22' }, 'npm'],
    ],
    [
      '.nvmrc before engines',
      {
        Dockerfile: '',
        '.nvmrc': '# pinned\nv24.2.0\n',
        'package.json': '{"engines":{"node":"22"}}',
      },
      ['node', { node: '24.2.0' }, undefined],
    ],
    [
      'volta',
      { Dockerfile: '', 'package.json': '{"volta":{"node":"22.1.0"}}' },
      ['node', { node: '22.1.0' }, undefined],
    ],
    [
      'packageManager with a hash',
      {
        Dockerfile: '',
        'package.json': '{"packageManager":"yarn@4.1.0+sha512.abc"}',
        'package-lock.json': '',
      },
      ['node', { yarn: '4.1.0' }, 'yarn'],
    ],
    [
      'a package.json that is broken',
      { Dockerfile: '', 'package.json': '{' },
      ['node', {}, undefined],
    ],
    [
      '.python-version',
      {
        Dockerfile: '',
        '.python-version': '3.12\n',
        'pyproject.toml': '[project]\nrequires-python = ">=3.11"\n',
        'poetry.lock': '',
      },
      ['python', { python: '3.12' }, 'poetry'],
    ],
    [
      'requirements alone',
      { Dockerfile: 'FROM python:3.11\n', 'requirements-dev.txt': '' },
      ['python', { python: '3.11' }, undefined],
    ],
    [
      'go.mod',
      { Dockerfile: '', 'go.mod': 'module x\n\ngo 1.23\n' },
      ['go', { go: '1.23' }, undefined],
    ],
    [
      'go.work',
      { 'svc/Dockerfile': '', 'svc/go.mod': 'module x\n', 'go.work': 'go 1.24.1\n\nuse ./svc\n' },
      ['go', { go: '1.24.1' }, undefined],
    ],
    [
      'two languages: the image decides',
      {
        Dockerfile: 'FROM node:24 AS assets\nFROM python:3.13\n',
        'package.json': '{}',
        'requirements.txt': '',
      },
      ['python', { python: '3.13' }, 'pip'],
    ],
    [
      'two languages, and an image of none',
      { Dockerfile: 'FROM alpine\n', 'package.json': '{}', 'go.mod': 'module x\n' },
      ['go', {}, undefined],
    ],
    [
      'the nearest file wins',
      {
        'svc/Dockerfile': '',
        'svc/package.json': '{"engines":{"node":"24"}}',
        'package.json': '{"engines":{"node":"20"}}',
        '.nvmrc': '',
      },
      ['node', { node: '24' }, undefined],
    ],
    [
      'a folder of no language in a monorepo of one',
      { 'svc/Dockerfile': 'FROM nginx\n', 'package.json': '{}' },
      ['docker', {}, undefined],
    ],
  ])('%s', async (_, files, expected) => {
    expect(await stackOf(files)).toEqual(expected);
  });
});
