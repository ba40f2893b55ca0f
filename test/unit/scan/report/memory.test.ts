import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createWriteStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { folderWith } from '../../kit/support.ts';

const VULNERABILITIES = 3_000;

/** A report as Trivy writes one of a large image: nearly all of it is the list of packages and their files. */
function* largeReport(packages: number): Generator<string> {
  const item = (value: object): string => JSON.stringify(value, null, 2);
  yield '{"SchemaVersion": 2, "ArtifactName": "large", "ArtifactType": "container_image", "Results": [{"Target": "large (debian 12.5)", "Class": "os-pkgs", "Packages": [';
  for (let at = 0; at < packages; at += 1) {
    yield `${at === 0 ? '' : ','}${item({
      ID: `libexample${at}@2.36-9+deb12u4`,
      Name: `libexample${at}`,
      Identifier: {
        PURL: `pkg:deb/debian/libexample${at}@2.36-9%2Bdeb12u4?arch=amd64`,
        UID: `${at}`,
      },
      Version: '2.36',
      Release: '9+deb12u4',
      Licenses: ['LGPL-2.1-only', 'GPL-2.0-only'],
      Maintainer: 'Søren Maintainer <soren@example.com>',
      Layer: { Digest: `sha256:${String(at).padStart(64, '0')}` },
      InstalledFiles: Array.from(
        { length: 20 },
        (_, n) => `/usr/share/doc/libexample${at}/file-${n}.gz`,
      ),
    })}`;
  }
  yield '], "Vulnerabilities": [';
  for (let at = 0; at < VULNERABILITIES; at += 1) {
    yield `${at === 0 ? '' : ','}${item({
      VulnerabilityID: `CVE-2026-${at}`,
      PkgName: `libexample${at}`,
      InstalledVersion: '2.36-9+deb12u4',
      Severity: 'HIGH',
      // One character outside of Latin-1 doubles the memory that the text takes.
      Description: 'It reads past the end of a buffer… '.repeat(20),
    })}`;
  }
  yield ']}]}';
}

const child = `
  import { readFileSync } from 'node:fs';
  const { parseReport } = await import(process.argv[1]);
  const { findings } = parseReport(readFileSync(process.argv[2], 'utf8'), 'large');
  console.log(JSON.stringify({ findings: findings.length, kilobytes: process.resourceUsage().maxRSS }));
`;

test('50 MB are read within 500 MB of memory', async () => {
  const file = join(folderWith(), 'report.json');
  await pipeline(Readable.from(largeReport(33_000)), createWriteStream(file));
  expect(statSync(file).size).toBeGreaterThan(50e6);

  const module = pathToFileURL('src/scan/report/parse.ts').href;
  const said = execFileSync(
    process.execPath,
    ['--input-type=module', '--eval', child, module, file],
    { encoding: 'utf8' },
  );

  const { findings, kilobytes } = JSON.parse(said) as { findings: number; kilobytes: number };
  expect(findings).toBe(VULNERABILITIES);
  expect(kilobytes * 1024).toBeLessThan(500e6);
});
