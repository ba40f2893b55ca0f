import { describe, expect, test } from '@jest/globals';
import { readDockerfile } from '../../../src/detect/dockerfile.ts';

const sources = (text: string, args: Record<string, string> = {}): readonly string[] | undefined =>
  readDockerfile(`FROM x\n${text}\n`, args).sources;

describe('sources', () => {
  test.each<[string, readonly string[] | undefined]>([
    ['', []],
    ['COPY . .', ['.']],
    ['COPY package.json package-lock.json ./', ['package-lock.json', 'package.json']],
    ['COPY ./src/ /app', ['src']],
    ['COPY /src /app', ['src']],
    ['COPY ../outside /app', ['outside']],
    ['copy a \\\n  # a comment\n  b \\\n  /x', ['a', 'b']],
    ['COPY ["with space", "/x"]', ['with space']],
    ['COPY --link ["a\\u0041", \\\n "b c", "/x"]', ['aA', 'b c']],
    ['COPY [x] /x', ['[x]']],
    ['COPY --from=build /a /b', []],
    ['COPY --chown=1:1 --chmod=755 --link a /b', ['a']],
    ['COPY --parents --exclude=*.md ./a/./b /x', ['a/b']],
    ['COPY src/*.js /x', ['src/*.js']],
    ['ADD https://example.com/x.tgz /x', []],
    ['ADD git@github.com:acme/x.git /x', []],
    ['ADD rootfs.tar.gz https://example.com/y /', ['rootfs.tar.gz']],
    ['COPY <<EOF /x\nCOPY secret /y\nEOF', []],
    ['COPY a <<EOF /x\nhello\nEOF', undefined],
    ['RUN --mount=type=bind,source=proto,target=/p make', ['proto']],
    ['RUN --mount=target=/src make', ['.']],
    ['RUN --mount=type=bind,from=build,target=/src make', []],
    [
      'RUN --mount=type=cache,target=/c --mount=type=secret,id=x --mount=type=bind,src=a,target=a make',
      ['a'],
    ],
    ['RUN <<EOF\nCOPY nothing /x\nEOF', []],
    ['ONBUILD COPY . .', undefined],
    ['ARG DIR=a\nCOPY $DIR /x', undefined],
    ['COPY ${UNKNOWN}/a /x', undefined],
    ['# COPY a b', []],
  ])('%j', (text, expected) => {
    expect(sources(text)).toEqual(expected);
  });

  test.each([
    ['COPY services/$S /x', ['services/web']],
    ['COPY services/${S}/a ${S:-b} /x', ['services/web/a', 'web']],
    ['COPY ["services/${S}", "/x"]', ['services/web']],
  ])('%s with a known argument', (text, expected) => {
    expect(sources(`ARG S=other\n${text}`, { S: 'web' })).toEqual(expected);
  });

  test('a name of the language is no argument', () => {
    expect(sources('COPY $constructor /x')).toBeUndefined();
  });
});

describe('images', () => {
  test.each<[string, readonly string[]]>([
    ['FROM node:24', ['node:24']],
    ['ARG NODE=node:24\nFROM ${NODE} AS deps\nFROM deps\n', ['node:24']],
    ['FROM golang:1.24 AS build\nFROM scratch', ['scratch', 'golang:1.24']],
    [
      'FROM --platform=$BUILDPLATFORM node:24 AS Web\nFROM nginx\nCOPY --from=web /a /b',
      ['nginx', 'node:24'],
    ],
    ['', []],
  ])('%j', (text, images) => {
    expect(readDockerfile(text, {}).images).toEqual(images);
  });
});
