import { parseConfig } from '../../../src/config/read.ts';
import type { Slipway } from '../../../src/config/schema.ts';
import type { ReleaseRecord } from '../../../src/release/record.ts';

export const commit = '1a2b3c4'.padEnd(40, '0');
export const earlier = 'f'.repeat(40);

/** An image of a service by a digest of its own. */
export function imageOf(service: string, digit = 'a'): string {
  return `ghcr.io/acme/chat/${service}@sha256:${digit.repeat(64)}`;
}

export const config = configOf(`
app: chat
services:
  web: { context: web, image: ghcr.io/acme/chat/web }
  api: { context: api, image: ghcr.io/acme/chat/api }
  grafana: { port: 3000 }
`);

export function configOf(text: string): Slipway {
  return parseConfig(text, 'slipway.yml');
}

export const record: ReleaseRecord = {
  schema: 1,
  id: '20261121T083500Z-1a2b3c4',
  app: 'chat',
  commit,
  ref: 'refs/heads/main',
  created: '2026-11-21T08:35:00Z',
  services: {
    api: { image: imageOf('api'), revision: commit },
    web: { image: imageOf('web'), revision: earlier },
  },
};
