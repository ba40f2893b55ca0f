import type { Service } from '../../../src/detect/services.ts';
import type { ReleaseRecord } from '../../../src/release/record.ts';

/** A record of a commit in which everything was built. */
export function recordOf(commit: string, services: readonly Service[]): ReleaseRecord {
  return {
    schema: 1,
    id: `20260101T000000Z-${commit.slice(0, 7)}`,
    app: 'shop',
    commit,
    ref: 'refs/heads/main',
    created: '2026-01-01T00:00:00Z',
    services: Object.fromEntries(
      services.map(({ name, image }, index) => [
        name,
        { image: `${image}@sha256:${String(index % 10).repeat(64)}`, revision: commit },
      ]),
    ),
  };
}
