import { describe, expect, test } from '@jest/globals';
import { type BuildOrder, buildArguments } from '../../../src/build/command.ts';
import { parseReference } from '../../../src/registry/reference.ts';

const order: BuildOrder = {
  builder: { name: 'mine', driver: 'docker-container', rich: true, exact: true },
  context: '/w',
  dockerfile: '/w/Dockerfile',
  image: parseReference('ghcr.io/acme/app'),
  pushTags: [],
  loadTags: ['main', 'sha-1'],
  target: undefined,
  buildArgs: {},
  labels: {},
  secretVariables: {},
  secretFiles: {},
  ssh: [],
  cacheRef: '',
  keepCache: false,
  metadataFile: '/t/metadata.json',
  plainHttp: false,
  platforms: [],
  attestation: 'none',
  sbom: 'false',
  cache: 'none',
  push: true,
  load: false,
};
const plain = { ...order.builder, driver: 'docker', rich: false, exact: false };

const START = ['buildx', 'build', '--builder', 'mine', '--progress', 'rawjson', '--metadata-file', '/t/metadata.json', '--file', '/w/Dockerfile']; // prettier-ignore
const NO_ATTESTATIONS = ['--provenance=false', '--sbom=false'];
const EXACT = 'oci-mediatypes=true,rewrite-timestamp=true';
const BY_DIGEST = ['--output', `type=image,name=ghcr.io/acme/app,push-by-digest=true,name-canonical=true,push=true,${EXACT}`]; // prettier-ignore

type Row = [what: string, change: Partial<BuildOrder>, middle: string[], output?: string[]];
const rows: Row[] = [
  ['nothing but the image', {}, NO_ATTESTATIONS],
  ['a stage', { target: 'web' }, ['--target', 'web', ...NO_ATTESTATIONS]],
  ['two platforms', { platforms: ['linux/amd64', 'linux/arm64'] }, ['--platform', 'linux/amd64,linux/arm64', ...NO_ATTESTATIONS]],
  ['arguments, whatever they hold', { buildArgs: { A: '1', B: 'x, "y" $(z)' } }, ['--build-arg', 'A=1', '--build-arg', 'B=x, "y" $(z)', ...NO_ATTESTATIONS]],
  ['labels', { labels: { a: 'b c', d: 'e,f' } }, ['--label', 'a=b c', '--label', 'd=e,f', ...NO_ATTESTATIONS]],
  ['secrets by the name of their variable', { secretVariables: { npmrc: 'SLIPWAY_SECRET_0' } }, ['--secret', 'type=env,id=npmrc,env=SLIPWAY_SECRET_0', ...NO_ATTESTATIONS]],
  ['a file with a comma in its name', { secretFiles: { ca: '/w/a,b.pem' } }, ['--secret', 'type=file,id=ca,"src=/w/a,b.pem"', ...NO_ATTESTATIONS]],
  ['an ssh agent', { ssh: ['default', 'key=/w/id'] }, ['--ssh', 'default', '--ssh', 'key=/w/id', ...NO_ATTESTATIONS]],
  ['a cache in the registry that is read only', { cache: 'registry', cacheRef: 'r/x:c' }, ['--cache-from', 'type=registry,ref=r/x:c', ...NO_ATTESTATIONS]],
  ['one that is written as well', { cache: 'registry', cacheRef: 'r/x:c', keepCache: true }, ['--cache-from', 'type=registry,ref=r/x:c', '--cache-to', 'type=registry,ref=r/x:c,image-manifest=true,oci-mediatypes=true,mode=max,ignore-error=true', ...NO_ATTESTATIONS]],
  ["GitHub's cache", { cache: 'gha', cacheRef: 'web', keepCache: true }, ['--cache-from', 'type=gha,scope=web', '--cache-to', 'type=gha,scope=web,mode=max,ignore-error=true', ...NO_ATTESTATIONS]],
  ['a cache in a folder', { cache: 'local', cacheRef: '/c', keepCache: true }, ['--cache-from', 'type=local,src=/c', '--cache-to', 'type=local,dest=/c,mode=max,ignore-error=true', ...NO_ATTESTATIONS]],
  ['attestations of GitHub, so none of BuildKit', { attestation: 'github' }, NO_ATTESTATIONS],
  ['attestations of BuildKit', { attestation: 'buildkit' }, ['--attest', 'type=provenance,mode=max', '--sbom=false']],
  ['with a bill of materials', { attestation: 'buildkit', sbom: 'true' }, ['--attest', 'type=provenance,mode=max', '--attest', 'type=sbom']],
  ['made by a generator of your own', { attestation: 'buildkit', sbom: 'r/syft:1' }, ['--attest', 'type=provenance,mode=max', '--attest', 'type=sbom,generator=r/syft:1']],
  ['plain HTTP', { plainHttp: true, cache: 'registry', cacheRef: 'r/x:c' }, ['--cache-from', 'type=registry,ref=r/x:c,registry.insecure=true', ...NO_ATTESTATIONS], ['--output', `type=image,name=ghcr.io/acme/app,push-by-digest=true,name-canonical=true,push=true,registry.insecure=true,${EXACT}`]],
  ['a push by names', { pushTags: ['main', 'sha-1'] }, NO_ATTESTATIONS, ['--output', `type=image,"name=ghcr.io/acme/app:main,ghcr.io/acme/app:sha-1",push=true,${EXACT}`]],
  ['push and load', { load: true }, NO_ATTESTATIONS, [...BY_DIGEST, '--output', `type=docker,"name=ghcr.io/acme/app:main,ghcr.io/acme/app:sha-1",${EXACT}`]],
  ['load alone', { push: false, load: true }, NO_ATTESTATIONS, ['--output', `type=docker,"name=ghcr.io/acme/app:main,ghcr.io/acme/app:sha-1",${EXACT}`]],
  ['neither', { push: false }, NO_ATTESTATIONS, ['--output', 'type=cacheonly']],
  ["the engine's own builder", { builder: plain, pushTags: ['sha-1'] }, NO_ATTESTATIONS, ['--output', 'type=image,name=ghcr.io/acme/app:sha-1,push=true']],
  ['which loads what it pushes', { builder: plain, pushTags: ['main', 'sha-1'], load: true }, NO_ATTESTATIONS, ['--output', 'type=image,"name=ghcr.io/acme/app:main,ghcr.io/acme/app:sha-1",push=true']],
]; // prettier-ignore

describe('docker buildx build', () => {
  test.each(rows.map(([what, change, middle, ...output]) => ({ what, change, middle, output })))(
    '$what',
    ({ change, middle, output: [output = BY_DIGEST] }) => {
      expect(buildArguments({ ...order, ...change })).toEqual([
        ...START,
        ...middle,
        ...output,
        '/w',
      ]);
    },
  );
});
