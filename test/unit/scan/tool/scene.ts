import { afterEach, beforeEach } from '@jest/globals';
import { chmodSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { find } from '../../../../src/scan/tool/find.ts';
import { type Program, PROGRAMS } from '../../../../src/scan/tool/pins.ts';
import type { Terms } from '../../../../src/scan/tool/tool.ts';
import { digestOf } from '../../../../src/registry/digest.ts';
import { memory } from '../../github/scene.ts';
import { FakeClock, folderWith, ownEnvironment } from '../../kit/support.ts';
import { closeServers, serve } from '../../smoke/server.ts';

/** A Trivy that says this version, and does no more. */
export const saying = (version: string): string => `#!/bin/sh\necho "Version: ${version}"\n`;

/** An archive as releases are, of these entries. */
export async function archive(
  ...entries: readonly (readonly [Pick<Header, 'name'> & Partial<Header>, string?])[]
): Promise<Buffer> {
  const packed = pack();
  for (const [header, content = ''] of entries) packed.entry(header, content);
  packed.finalize();
  return gzipSync(await buffer(packed));
}

/** What a release of Trivy looks like. */
export function release(program: string): Promise<Buffer> {
  return archive(
    [{ name: 'LICENSE' }, 'free'],
    [{ name: 'contrib/', type: 'directory' }],
    [{ name: 'contrib/html.tpl' }, '<html>'],
    [{ name: 'trivy', mode: 0o755 }, program],
  );
}

/** Trivy as it is pinned, but in version 9.9.9 and in this archive. */
export function pinned(bytes: Buffer, more: Partial<Program> = {}): Program {
  const [, sha256 = ''] = digestOf(bytes).split(':');
  const archives = {
    [`${process.platform}-${process.arch}`]: { file: 'trivy.tar.gz', sha256 },
  };
  return { ...PROGRAMS.trivy, version: '9.9.9', archives, ...more };
}

export const ours = release(saying('9.9.9'));

/** A machine with nothing on PATH and no cache, and a mirror that counts its requests. */
export function scene() {
  ownEnvironment();
  beforeEach(() => {
    for (const name of ['RUNNER_TOOL_CACHE', 'RUNNER_TEMP', 'ACTIONS_CACHE_URL'])
      Reflect.deleteProperty(process.env, name);
  });
  afterEach(closeServers);
  return {
    /** Puts a program on PATH. @returns the folder for PATH */
    onPath: (content: string, name = 'trivy'): string => {
      const folder = folderWith({ [name]: content });
      chmodSync(join(folder, name), 0o755);
      return folder;
    },
    /** A mirror, and what was asked of it. */
    mirror: async (listener: RequestListener) => {
      const requests: string[] = [];
      const url = await serve((request: IncomingMessage, response) => {
        requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
        listener(request, response);
      });
      return { url, requests };
    },
    look: (
      program: Program,
      mirror: string | undefined,
      { PATH = '', ...more }: Partial<Terms> & { readonly PATH?: string } = {},
    ) => {
      const { log, lines } = memory();
      const clock = new FakeClock();
      const scratch = folderWith();
      const terms = { mirror, askMs: 5_000, attemptMs: 5_000, ...more };
      const found = find(program, terms, {
        log,
        clock,
        env: { PATH, SECRET: 'of the step' },
        scratch,
      });
      return { found, lines, clock, scratch };
    },
  };
}

/** Serves bytes to whoever asks for the archive where it has to be. */
export const serving =
  (bytes: Buffer): RequestListener =>
  (request, response) => {
    const there = request.url === '/v9.9.9/trivy.tar.gz';
    response.writeHead(there ? 200 : 404).end(there ? bytes : 'not here');
  };
