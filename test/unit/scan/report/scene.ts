import { Ajv } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { readFileSync } from 'node:fs';
import type { GateSettings, Scanned } from '../../../../src/scan/policy/gate.ts';
import type { Finding } from '../../../../src/scan/report/finding.ts';
import type { SarifRun } from '../../../../src/scan/sarif.ts';

/** A vulnerability of openssl that is mended, unless it is said otherwise. */
export function finding(more: Partial<Finding> = {}): Finding {
  return {
    kind: 'vulnerability',
    id: 'CVE-2026-1',
    severity: 'high',
    title: 'openssl: something is read past its end',
    description: 'It reads past its end.',
    url: 'https://avd.aquasec.com/nvd/cve-2026-1',
    package: pkg('openssl', '3.0.15', '3.0.17'),
    target: 'ghcr.io/acme/auth@sha256:1 (debian 12.5)',
    place: 'ghcr.io/acme/auth@sha256:1 (debian 12.5)',
    ...more,
  };
}

export function pkg(
  name: string,
  installed: string,
  fixed?: string,
): NonNullable<Finding['package']> {
  return { name, installed, fixed, purl: `pkg:deb/debian/${name}@${installed}?arch=amd64` };
}

/** A line of a Dockerfile that is wrong. */
export function misconfiguration(more: Partial<Finding> = {}): Finding {
  const { package: _, ...rest } = finding();
  return {
    ...rest,
    kind: 'misconfiguration',
    id: 'DS-0002',
    severity: 'high',
    title: "Last USER command in Dockerfile should not be 'root'",
    url: 'https://avd.aquasec.com/misconfig/ds-0002',
    target: 'Dockerfile',
    place: 'Dockerfile',
    lines: { start: 3, end: 3 },
    ...more,
  };
}

/** An image without mistakes of its own, with these findings. */
export function scan(findings: readonly Finding[], more: Partial<Scanned> = {}): Scanned {
  return {
    target: 'auth',
    kind: 'image',
    reference: `ghcr.io/acme/auth@sha256:${'1'.repeat(64)}`,
    report: {
      artifact: 'ghcr.io/acme/auth',
      type: 'container_image',
      os: { family: 'debian', name: '12.5', endOfLife: false },
      image: { size: 80e6, user: 'app', digest: `sha256:${'1'.repeat(64)}` },
      findings,
      classes: ['os-pkgs'],
    },
    ...more,
  };
}

export const strict: GateSettings = {
  severity: 'high',
  fixableOnly: false,
  failOn: 'all',
  endOfLife: 'fail',
  root: 'fail',
  maxSize: undefined,
};

const schema = JSON.parse(
  readFileSync('test/fixtures/sarif/sarif-schema-2.1.0.json', 'utf8'),
) as object;
const validate = new Ajv({ formats: fullFormats, strict: false, allErrors: true }).compile(schema);

/** The runs of a SARIF file that keeps to the schema. @throws Error for what does not fit */
export function runsOf(text: string): readonly SarifRun[] {
  const log = JSON.parse(text) as { readonly runs: readonly SarifRun[] };
  if (validate(log)) return log.runs;
  throw new Error(JSON.stringify(validate.errors, null, 2));
}
