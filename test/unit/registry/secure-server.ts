import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import { folderWith } from '../kit/support.ts';
import { listen } from '../smoke/server.ts';

/** An HTTPS server on a free port with a certificate that nobody knows; `ca` is its authority. */
export async function secureServer(
  listener: RequestListener,
): Promise<{ readonly host: string; readonly ca: string }> {
  const folder = folderWith();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  // prettier-ignore
  const { code, stderr } = await run('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=unit', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert,
  ]);
  if (code !== 0) throw new Error(stderr);
  const ca = readFileSync(cert, 'utf8');
  return { host: await listen(createServer({ key: readFileSync(key), cert: ca }, listener)), ca };
}
