import { z } from 'zod';
import { messageOf, UserError } from '../../kit/errors.ts';
import { type Finding, SEVERITIES } from './finding.ts';

/** What one run of Trivy has found. */
export interface Report {
  readonly artifact: string;
  /** Trivy's ArtifactType: `container_image`, `filesystem`, `repository`, `cyclonedx`, ... */
  readonly type: string;
  readonly os:
    { readonly family: string; readonly name: string; readonly endOfLife: boolean } | undefined;
  readonly image:
    | {
        /** Bytes, unpacked. */
        readonly size: number | undefined;
        /** As the image says it: a name or number, with a group perhaps; empty for root. */
        readonly user: string;
        readonly digest: string | undefined;
      }
    | undefined;
  readonly findings: readonly Finding[];
  /** What was looked at: `os-pkgs`, `lang-pkgs`, `config`, `secret`, ... */
  readonly classes: readonly string[];
}

// Go leaves out what is empty, or writes null. Fields that nobody reads here are dropped while reading.
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const optionalText = text.transform((value) => (value === '' ? undefined : value));
const name = z.string().min(1);
const line = z.number().int().nonnegative().nullish();
const severity = text
  .catch('')
  .transform((value) => SEVERITIES.find((one) => one === value.toLowerCase()) ?? 'unknown');
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
const place = z.object({ StartLine: line, EndLine: line });

const vulnerability = z.object({
  VulnerabilityID: name,
  PkgName: name,
  PkgPath: text,
  PkgIdentifier: z.object({ PURL: optionalText }).nullish(),
  InstalledVersion: text,
  FixedVersion: optionalText,
  Severity: severity,
  SeveritySource: text,
  CVSS: z.record(z.string(), z.object({ V3Score: z.number().nullish() })).nullish(),
  PrimaryURL: text,
  Title: text,
  Description: text,
});
const misconfiguration = z.object({
  ID: name,
  AVDID: text,
  Title: text,
  Description: text,
  Message: text,
  Resolution: text,
  Severity: severity,
  PrimaryURL: text,
  Status: name,
  CauseMetadata: place.nullish(),
});
// What matched is not read at all: a secret that is never taken in cannot get out.
const secret = place.extend({ RuleID: name, Title: text, Severity: severity });
const license = z.object({
  Name: name,
  Category: text,
  PkgName: text,
  FilePath: text,
  Link: text,
  Severity: severity,
});
const located = z.object({ Name: text, Version: text, Locations: list(place) });

const resultSchema = z.object({
  Target: z.string(),
  Class: text,
  Packages: list(located),
  Vulnerabilities: list(vulnerability),
  Misconfigurations: list(misconfiguration),
  Secrets: list(secret),
  Licenses: list(license),
});

const reportSchema = z.object({
  SchemaVersion: z.literal(2),
  ArtifactName: z.string(),
  ArtifactType: name,
  Metadata: z
    .object({
      Size: z.number().nonnegative().nullish(),
      OS: z.object({ Family: text, Name: text, EOSL: z.boolean().nullish() }).nullish(),
      RepoDigests: list(z.string()),
      ImageConfig: z.object({ config: z.object({ User: text }).nullish() }).nullish(),
    })
    .nullish(),
  Results: list(resultSchema),
});

type Result = z.infer<typeof resultSchema>;

/**
 * Reads the JSON of Trivy 0.74 (`--format json`), of any kind of target. The severity is the one that Trivy has chosen: that of the
 * distribution's vendor where there is one. The whole is read at once: 50 MB take 310 MB of memory at most, the larger part
 * of it the text itself, and what is kept are the findings alone.
 * Source of the format: https://github.com/aquasecurity/trivy/blob/v0.74.0/pkg/types/report.go
 * @param target whose report it is, for the error
 * @throws UserError `report-malformed`
 */
export function parseReport(json: string, target: string): Report {
  const { ArtifactName, ArtifactType, Metadata, Results } = read(json, target);
  const os = Metadata?.OS;
  return {
    artifact: ArtifactName,
    type: ArtifactType,
    os: os ? { family: os.Family, name: os.Name, endOfLife: os.EOSL ?? false } : undefined,
    image:
      ArtifactType === 'container_image'
        ? {
            size: Metadata?.Size ?? undefined,
            user: Metadata?.ImageConfig?.config?.User ?? '',
            digest: Metadata?.RepoDigests[0]?.split('@')[1],
          }
        : undefined,
    findings: Results.flatMap(findingsOf),
    classes: [...new Set(Results.map(({ Class }) => Class))],
  };
}

function read(json: string, target: string): z.infer<typeof reportSchema> {
  const refuse = (why: string): UserError =>
    new UserError({
      id: 'report-malformed',
      message: `Trivy's report cannot be read: ${why}.`,
      value: target,
      fix: 'Let Slipway choose the Trivy (0.74.0), and run the job again.',
    });
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (error) {
    // V8 quotes the text, which is not for the log.
    const cut = json === '' || /end of JSON|Unterminated/.test(messageOf(error));
    throw refuse(cut ? `it is cut off after ${json.length} characters` : 'it is not JSON');
  }
  const result = reportSchema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw refuse(`${['report', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? ''}`);
}

function findingsOf(result: Result): Finding[] {
  return [
    ...vulnerabilitiesOf(result),
    ...result.Misconfigurations.filter(({ Status }) => Status === 'FAIL').map((found): Finding => ({
      kind: 'misconfiguration',
      id: found.ID,
      ...(found.AVDID !== '' && found.AVDID !== found.ID && { alias: found.AVDID }),
      severity: found.Severity,
      title: found.Message || found.Title || found.ID,
      description: [found.Title, found.Description, found.Resolution].filter(Boolean).join('\n'),
      url: webAddress(found.PrimaryURL),
      target: result.Target,
      place: result.Target,
      ...linesOf(found.CauseMetadata),
    })),
    ...result.Secrets.map((found): Finding => ({
      kind: 'secret',
      id: found.RuleID,
      severity: found.Severity,
      title: found.Title || found.RuleID,
      description: 'Take it out of the history as well, and make a new one: this one is known.',
      url: undefined,
      target: result.Target,
      place: result.Target,
      ...linesOf(found),
    })),
    ...result.Licenses.map((found): Finding => ({
      kind: 'license',
      id: found.Name,
      severity: found.Severity,
      title: `${found.Name} (${found.Category || 'no category'}) in ${found.PkgName || found.FilePath}`,
      description: '',
      url: webAddress(found.Link),
      ...(found.PkgName !== '' && {
        package: { name: found.PkgName, installed: '', fixed: undefined, purl: undefined },
      }),
      target: result.Target,
      place: found.FilePath || result.Target,
    })),
  ];
}

function vulnerabilitiesOf({ Target, Vulnerabilities, Packages }: Result): Finding[] {
  const wanted = new Set(
    Vulnerabilities.map((found) => key(found.PkgName, found.InstalledVersion)),
  );
  // Where a lock file names the package.
  const lines = new Map(
    Packages.map((one) => [key(one.Name, one.Version), one.Locations[0]] as const).filter(
      ([id, where]) => where !== undefined && wanted.has(id),
    ),
  );
  return Vulnerabilities.map((found): Finding => {
    const score = found.CVSS?.[found.SeveritySource]?.V3Score;
    return {
      kind: 'vulnerability',
      id: found.VulnerabilityID,
      severity: found.Severity,
      ...(score && { score }),
      title: found.Title || found.Description.replace(/\n[^]*/, '') || found.VulnerabilityID,
      description: found.Description,
      url: webAddress(found.PrimaryURL),
      package: {
        name: found.PkgName,
        installed: found.InstalledVersion,
        fixed: found.FixedVersion,
        purl: found.PkgIdentifier?.PURL,
      },
      target: Target,
      place: found.PkgPath || Target,
      ...linesOf(lines.get(key(found.PkgName, found.InstalledVersion))),
    };
  });
}

function key(packageName: string, version: string): string {
  return `${packageName}@${version}`;
}

/** Line 0 is Trivy's way to say that it does not know. */
function linesOf(where: z.infer<typeof place> | null | undefined): Pick<Finding, 'lines'> {
  const start = where?.StartLine ?? 0;
  return start > 0 ? { lines: { start, end: Math.max(start, where?.EndLine ?? 0) } } : {};
}

/** Addresses come from the database and from the image; a page shows only those of the web. */
function webAddress(address: string): string | undefined {
  return /^https?:\/\/[^\s<>"'`\\]+$/.test(address) ? address : undefined;
}
