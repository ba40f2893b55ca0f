import { z } from 'zod';
import { UserError } from '../../kit/errors.ts';
import type { KnownFindings, Scanned } from '../policy/gate.ts';
import { countsOf, type Finding, identity, SEVERITIES } from './finding.ts';

const severity = z.enum(SEVERITIES);
const findingSchema = z.strictObject({
  kind: z.enum(['vulnerability', 'misconfiguration', 'secret', 'license']),
  id: z.string().min(1),
  severity,
  package: z.string().optional(),
  installed: z.string().optional(),
  fixed: z.string().optional(),
  /** The file, of what is in no package. */
  place: z.string().optional(),
});
const scanSchema = z.strictObject({
  schema: z.literal(1),
  date: z.iso.datetime(),
  /** When the vulnerability database was made; null when none was needed or to be had. */
  database: z.iso.datetime().nullable(),
  trivy: z.string(),
  targets: z.record(
    z.string(),
    z.strictObject({
      reference: z.string(),
      counts: z.partialRecord(severity, z.number().int().positive()),
      findings: z.array(findingSchema),
    }),
  ),
});

/** The results of a scan, as they are kept beside a release. */
type ScanFile = z.infer<typeof scanSchema>;
type KeptFinding = z.infer<typeof findingSchema>;

export interface ScanFacts {
  readonly date: Date;
  /** When the vulnerability database was made. */
  readonly database: Date | undefined;
  /** Trivy's version. */
  readonly trivy: string;
}

/** The one way to write the results down: the same results are the same bytes. It holds all findings, whatever the gate says of them. */
export function formatScan(scanned: readonly Scanned[], facts: ScanFacts): string {
  const file: ScanFile = {
    schema: 1,
    date: facts.date.toISOString(),
    database: facts.database?.toISOString() ?? null,
    trivy: facts.trivy,
    targets: Object.fromEntries(
      scanned
        .toSorted((one, other) => compare(one.target, other.target))
        .map(({ target, reference, report: { findings } }) => [
          target,
          { reference, counts: countsOf(findings), findings: unique(findings.map(kept)) },
        ]),
    ),
  };
  return `${JSON.stringify(file)}\n`;
}

/**
 * What a file of {@link formatScan} says was known. A target that it does not have had nothing.
 * @param file its name, for the error
 * @throws UserError `scan-result-invalid`
 */
export function knownFrom(text: string, file: string): KnownFindings {
  const { targets } = readScan(text, file);
  const known = new Map(
    Object.entries(targets).map(([target, { findings }]) => [
      target,
      new Set(findings.map((one) => identity(one, one.package, one.place))),
    ]),
  );
  return {
    has: (target, finding) =>
      known.get(target)?.has(identity(finding, finding.package?.name, finding.place)) ?? false,
  };
}

function readScan(text: string, file: string): ScanFile {
  const refuse = (why: string): UserError =>
    new UserError({
      id: 'scan-result-invalid',
      message: `The results of the last scan cannot be read: ${why}.`,
      value: file,
      fix: 'Let trivy-scan write them, and keep them as they are; "fail-on: all" does without.',
    });
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw refuse('they are not JSON');
  }
  const result = scanSchema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw refuse(`${['results', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? ''}`);
}

function kept({ kind, id, severity: its, package: from, place }: Finding): KeptFinding {
  return {
    ...{ kind, id, severity: its },
    ...(from === undefined
      ? { place }
      : {
          package: from.name,
          ...(from.installed !== '' && { installed: from.installed }),
          ...(from.fixed !== undefined && { fixed: from.fixed }),
        }),
  };
}

/** In one order, each once. */
function unique(findings: readonly KeptFinding[]): KeptFinding[] {
  const byText = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  return [...byText].sort(([one], [other]) => compare(one, other)).map(([, finding]) => finding);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
