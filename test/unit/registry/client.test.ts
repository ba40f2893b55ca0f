import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../../src/registry/digest.ts';
import { denied } from '../../../src/registry/failure.ts';
import { problemIn } from '../kit/support.ts';
import { hanging, nobody, serve, text } from '../smoke/server.ts';
import { RegistryServer } from './registry-server.ts';
import { scene } from './scene.ts';
import { secureServer } from './secure-server.ts';

const OCI = 'application/vnd.oci.image.manifest.v1+json';
const manifest = Buffer.from('{"schemaVersion":2,\n "layers":[]}');

const { at, client, host, server, clock } = scene();

describe('RegistryClient', () => {
  test('a manifest comes back byte for byte, by tag and by digest', async () => {
    const descriptor = await client().putManifest(at(), manifest, OCI);
    expect(descriptor).toEqual({
      mediaType: OCI,
      digest: digestOf(manifest),
      size: manifest.length,
    });
    for (const name of ['acme/app:v1', `acme/app@${descriptor.digest}`]) {
      expect(await client().resolve(at(name))).toEqual(descriptor);
      const fetched = await client().manifest(at(name));
      expect(fetched).toMatchObject({ descriptor, json: { schemaVersion: 2, layers: [] } });
      expect(fetched?.bytes).toEqual(manifest);
    }
    expect(server().count('HEAD manifests/v1')).toBe(1);
  });

  test('a manifest without a tag is stored by its digest', async () => {
    const { digest } = await client().putManifest(at('acme/app'), manifest, OCI);
    expect(server().count(`PUT acme/app/manifests/${digest}`)).toBe(1);
  });

  test('what is not there is undefined', async () => {
    expect(await client().resolve(at())).toBeUndefined();
    expect(await client().manifest(at())).toBeUndefined();
  });

  test('a HEAD that says little is followed by a GET', async () => {
    const { digest } = await client().putManifest(at(), manifest, OCI);
    server().faults.push({ on: 'HEAD manifests', status: 200 });
    expect(await client().resolve(at())).toEqual({ mediaType: OCI, digest, size: manifest.length });
  });

  test('other bytes than those of the digest are refused', async () => {
    const { digest } = await client().putManifest(at(), manifest, OCI);
    for (const key of [`acme/app/manifests/${digest}`, `acme/app/blobs/${digest}`])
      server().content.set(key, { bytes: Buffer.from('{"schemaVersion":1}'), mediaType: OCI });
    const said = { id: 'digest-mismatch', value: `${host()}/acme/app` };
    expect(await problemIn(client().manifest(at(`acme/app@${digest}`)))).toMatchObject(said);
    expect(await problemIn(client().blob(at(), digest, 100))).toMatchObject(said);
  });

  test('something else than a manifest is refused', async () => {
    await client().putManifest(at(), Buffer.from('{"layers":"x"}'), OCI);
    expect((await problemIn(client().manifest(at()))).id).toBe('registry-failed');
  });

  test('a blob goes up once and comes back', async () => {
    const bytes = Buffer.from('{"a":1}\n');
    const descriptor = await client().putBlob(at(), bytes);
    expect(await client().putBlob(at(), bytes)).toEqual(descriptor);
    expect(server().count('PUT blobs/uploads')).toBe(1);
    expect(await client().blob(at(), descriptor.digest, 100)).toEqual(bytes);
  });

  test('a blob that is longer than allowed is not read to its end', async () => {
    const { digest } = await client().putBlob(at(), Buffer.alloc(1000));
    const problem = await problemIn(client().blob(at(), digest, 999));
    expect(problem).toMatchObject({ id: 'registry-failed' });
    expect(problem.message).toContain('more than 999 bytes');
  });

  test('a refusal may be longer than what was asked for', async () => {
    const { digest } = await client().putBlob(at(), Buffer.from('x'));
    server().faults.push({ on: 'GET blobs', status: 503, body: 'wait '.repeat(10), times: 1 });
    expect(await client().blob(at(), digest, 1)).toEqual(Buffer.from('x'));
  });

  test('a missing blob is named', async () => {
    const problem = await problemIn(client().blob(at(), digestOf('x'), 100));
    expect(problem.message).toContain(`${digestOf('x')} is missing`);
  });

  test('a redirect to another host takes no login along', async () => {
    const storage = new RegistryServer();
    server().blobHost = `${await serve(storage.listener)}/v2`;
    server().authorization = `Basic ${Buffer.from('lab:secret').toString('base64')}`;
    server().challenge = 'Basic realm="lab"';
    const { digest } = await client().putBlob(at(), Buffer.from('x'));
    for (const [key, value] of server().content) storage.content.set(key, value);
    expect(await client().blob(at(), digest, 100)).toEqual(Buffer.from('x'));
    expect(storage.requests).toMatchObject([{ authorization: undefined }]);
  });

  test('a circle of redirects ends', async () => {
    const circle = text('', 307, { location: '/v2/again' });
    const round = new URL(await serve(circle)).host;
    const problem = await problemIn(client({ plainHttp: [round] }).resolve(at('a', round)));
    expect(problem.message).toContain('more than 5 redirects');
  });

  test('canPush opens an upload and cancels it', async () => {
    await client().canPush(at());
    expect(server().requests.map(({ line }) => line.split(' ')[0])).toEqual(['POST', 'DELETE']);
    expect(server().content.size).toBe(0);
  });
});

describe('what goes wrong', () => {
  const errors = (code: string, message: string): string =>
    JSON.stringify({ errors: [{ code, message }] });

  test.each([
    [403, errors('DENIED', 'permission_denied: write_package'), 'registry-denied', 1],
    [403, errors('DENIED', 'adding 1 MiB will exceed the quota'), 'registry-limit', 1],
    [405, errors('UNSUPPORTED', 'The operation is unsupported.'), 'registry-read-only', 1],
    [413, '<html>too large</html>', 'registry-limit', 1],
    [507, '', 'registry-limit', 1],
    [404, errors('NAME_UNKNOWN', 'no such repository'), 'registry-no-repository', 1],
    [400, errors('NAME_INVALID', 'bad'), 'registry-failed', 1],
    [429, errors('TOOMANYREQUESTS', 'pull rate limit'), 'registry-limit', 4],
    [500, 'oops', 'registry-failed', 4],
    [503, '', 'registry-failed', 4],
  ])('%s %s is %s after %s attempts', async (status, body, id, attempts) => {
    server().faults.push({ on: 'POST uploads', status, body });
    const problem = await problemIn(client().canPush(at()));
    expect(problem).toMatchObject({ id, value: `${host()}/acme/app` });
    expect(problem.message).toContain(String(status));
    expect(server().count('POST uploads')).toBe(attempts);
    expect(clock().sleeps).toHaveLength(attempts - 1);
  });

  test('what passes by itself is tried again', async () => {
    for (const on of [
      'HEAD blobs',
      'POST uploads',
      'PUT uploads',
      'PUT manifests',
      'GET manifests',
    ])
      server().faults.push({ on, status: 502, times: 1 });
    await client().putBlob(at(), Buffer.from('x'));
    await client().putManifest(at(), manifest, OCI);
    expect((await client().manifest(at()))?.bytes).toEqual(manifest);
    expect(clock().sleeps).toHaveLength(5);
    // The failed session is over; a new one is begun.
    expect(server().count('POST uploads')).toBe(3);
  });

  test('Retry-After is kept to', async () => {
    const headers = { 'retry-after': '7' };
    server().faults.push({ on: 'HEAD manifests', status: 429, headers, times: 1 });
    await client().resolve(at());
    expect(clock().sleeps).toHaveLength(1);
    expect(clock().sleeps[0]).toBeGreaterThanOrEqual(7_000);
  });

  test('Retry-After as a date', async () => {
    const headers = { 'retry-after': new Date(20_000).toUTCString() };
    server().faults.push({ on: 'HEAD manifests', status: 503, headers, times: 1 });
    await client().resolve(at());
    expect(clock().sleeps[0]).toBeGreaterThanOrEqual(20_000);
  });

  test('nobody waits for hours', async () => {
    const headers = { 'retry-after': '21600' };
    server().faults.push({ on: 'HEAD manifests', status: 429, headers });
    expect((await problemIn(client().resolve(at()))).id).toBe('registry-limit');
    expect(clock().sleeps).toEqual([]);
  });

  test('nobody there', async () => {
    const gone = new URL(await nobody()).host;
    const problem = await problemIn(client({ plainHttp: [gone] }).resolve(at('a', gone)));
    expect(problem).toMatchObject({ id: 'registry-unreachable', value: `${gone}/a` });
    expect(clock().sleeps).toHaveLength(3);
  });

  test('no answer within the deadline', async () => {
    const slow = new URL(await serve(hanging)).host;
    const options = { plainHttp: [slow], timeoutMs: 50 };
    const problem = await problemIn(client(options).resolve(at('a', slow)));
    expect(problem).toMatchObject({ id: 'registry-unreachable' });
    expect(problem.message).toContain('no answer in time');
  });

  test('words of the registry are made harmless', async () => {
    server().faults.push({ on: 'HEAD blobs', status: 400 });
    server().faults.push({
      on: 'GET manifests',
      status: 400,
      body: errors('X', '\n##[error]x\u001b[31m'),
    });
    const problem = await problemIn(client().manifest(at()));
    expect(problem.message).not.toMatch(/\p{Cc}|##\[/u);
  });

  test('ghcr.io: the permission is named', () => {
    expect(denied('403', 'ghcr.io/acme/app').fix).toContain('packages: write');
    expect(denied('403', 'quay.io/acme/app').fix).not.toContain('packages: write');
  });
});

describe('TLS', () => {
  test('a private authority is trusted when it is given, and said to be missing when it is not', async () => {
    const tls = await secureServer(server().listener);
    const options = { plainHttp: [] };
    expect(await client({ ...options, ca: tls.ca }).resolve(at('a', tls.host))).toBeUndefined();
    const problem = await problemIn(client(options).resolve(at('a', tls.host)));
    expect(problem).toMatchObject({ id: 'registry-untrusted', value: `${tls.host}/a` });
    expect(problem.fix).toContain('registry-ca');
    expect(clock().sleeps).toEqual([]);
  });

  test('a registry without TLS must be named', async () => {
    const problem = await problemIn(client({ plainHttp: [] }).resolve(at()));
    expect(problem).toMatchObject({ id: 'registry-untrusted' });
    expect(problem.fix).toContain('registry-plain-http');
  });
});
