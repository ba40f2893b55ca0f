import { expect, test } from '@jest/globals';
import { systemClock } from '../../src/kit/clock.ts';
import { RegistryClient } from '../../src/registry/client.ts';
import { parseReference } from '../../src/registry/reference.ts';

test.each(['nginx:1.29-alpine', 'ghcr.io/aquasecurity/trivy:0.74.0', 'quay.io/prometheus/busybox'])(
  'the client reads the public image %s',
  async (image) => {
    const client = new RegistryClient({
      credentials: () => Promise.resolve(undefined),
      plainHttp: [],
      ca: undefined,
      clock: systemClock,
    });
    const found = await client.manifest(parseReference(image));
    expect(found?.json.manifests?.length).toBeGreaterThan(1);
    const [first] = found?.json.manifests ?? [];
    const one = { ...parseReference(image), tag: undefined, digest: first?.digest };
    expect((await client.manifest(one))?.json.layers?.length).toBeGreaterThan(0);
  },
);
