import { PackageURL } from 'packageurl-js';
import picomatch from 'picomatch';
import { z } from 'zod';
import { messageOf, UserError } from '../../kit/errors.ts';
import { lineOf, readYaml } from '../../kit/yaml.ts';
import type { Finding } from '../report/finding.ts';

/** One entry of the ignore file. */
export interface Ignore {
  readonly kind: Finding['kind'];
  readonly id: string;
  /** Why, as the file says it. */
  readonly statement: string;
  /** As it is written; undefined for ever. */
  readonly expiresAt: string | undefined;
  /** It ignores nothing any more. */
  readonly expired: boolean;
  /** `file:line` */
  readonly where: string;
  /** Whether it means this finding, expired or not. */
  matches(finding: Finding): boolean;
}

export type Ignores = readonly Ignore[];

const entry = z.strictObject({
  id: z.string().min(1),
  paths: z.array(z.string().min(1)).optional(),
  expired_at: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
  statement: z.string().trim().min(1),
});
// Trivy takes purls everywhere and reads them here only: an entry that is meant for one package would silence all of them.
const entryOfPackages = entry.extend({
  purls: z
    .array(
      z.string().superRefine((text, context) => {
        try {
          PackageURL.fromString(text);
        } catch (error) {
          context.addIssue(messageOf(error));
        }
      }),
    )
    .optional(),
});
type Entry = z.infer<typeof entryOfPackages>;

const SECTIONS = {
  vulnerabilities: 'vulnerability',
  misconfigurations: 'misconfiguration',
  secrets: 'secret',
  licenses: 'license',
} as const;

const fileSchema = z
  .strictObject({
    vulnerabilities: z.array(entryOfPackages).nullish(),
    misconfigurations: z.array(entry).nullish(),
    secrets: z.array(entry).nullish(),
    licenses: z.array(entry).nullish(),
  })
  .nullable();

/**
 * Reads Trivy's own `.trivyignore.yaml`. What an entry means is what it means to Trivy
 * (https://github.com/aquasecurity/trivy/blob/v0.74.0/pkg/result/ignore.go): the identifier, exactly; one of the paths, if any, as a
 * glob; one of the packages, if any; until the date, if any, which is over when it begins (UTC). Stricter than Trivy in this: each entry
 * says why, unknown keys are mistakes, and a licence like `MIT OR ISC` needs an entry of its own.
 * @param file its name, for errors
 * @param now milliseconds since the epoch
 * @throws UserError `ignore-invalid`, naming file and lines
 */
export function parseIgnores(text: string, file: string, now: number): Ignores {
  const refuse = (problems: readonly string[]): UserError =>
    new UserError({
      id: 'ignore-invalid',
      message: `${file} cannot be read: ${problems.join('; ')}`,
      value: problems[0]?.split(': ')[0],
      fix: 'Mend the lines that are named: each entry has an id and a statement, which says why; paths, purls and expired_at (YYYY-MM-DD) where wanted.',
    });
  const yaml = readYaml(text, (why, line = 1) => refuse([`${file}:${line}: ${why}`]));
  const result = fileSchema.safeParse(yaml.data);
  if (!result.success)
    throw refuse(
      result.error.issues.map((issue) => {
        const { path, message } = issue;
        const [unknown] = issue.code === 'unrecognized_keys' ? issue.keys : [];
        const line = lineOf(yaml, unknown === undefined ? path : [...path, unknown]);
        return `${file}:${line}: ${path.join('.') || 'the file'}: ${message}`;
      }),
    );
  return Object.entries(SECTIONS).flatMap(([section, kind]) =>
    (result.data?.[section as keyof typeof SECTIONS] ?? []).map((item: Entry, index): Ignore => ({
      kind,
      id: item.id,
      statement: item.statement,
      expiresAt: item.expired_at,
      expired: item.expired_at !== undefined && Date.parse(item.expired_at) < now,
      where: `${file}:${lineOf(yaml, [section, index])}`,
      matches: matcher(kind, item),
    })),
  );
}

/** As doublestar has them, which Trivy uses: https://github.com/bmatcuk/doublestar */
const GLOBS = { dot: true, noext: true, nonegate: true };

function matcher(kind: Finding['kind'], { id, paths, purls }: Entry): Ignore['matches'] {
  const isPath = paths?.length ? picomatch(paths, GLOBS) : undefined;
  const wanted = purls?.map((text) => PackageURL.fromString(text)) ?? [];
  return (finding) =>
    finding.kind === kind &&
    (finding.id === id || finding.alias === id) &&
    (isPath === undefined || pathsOf(finding).some((path) => isPath(path))) &&
    (wanted.length === 0 || isOneOf(wanted, finding.package?.purl));
}

/** What Trivy compares with an entry's paths. */
function pathsOf({ kind, target, place }: Finding): string[] {
  return kind === 'vulnerability' ? [target, place] : [place];
}

/** What has no package URL is meant by every entry, as with Trivy; what the entry does not say of a package may be anything. */
function isOneOf(wanted: readonly PackageURL[], text: string | undefined): boolean {
  if (text === undefined) return true;
  const found = purl(text);
  return wanted.some(
    (one) =>
      found?.type === one.type &&
      found.name === one.name &&
      found.namespace === one.namespace &&
      [undefined, found.version].includes(one.version) &&
      [undefined, found.subpath].includes(one.subpath) &&
      Object.entries(one.qualifiers ?? {}).every(
        ([name, value]) => found.qualifiers?.[name] === value,
      ),
  );
}

function purl(text: string): PackageURL | undefined {
  try {
    return PackageURL.fromString(text);
  } catch {
    return undefined;
  }
}
