import { z } from 'zod';
import { UserError } from '../../kit/errors.ts';

/** A secret that was found. What it is we never know: gitleaks gives it away as REDACTED. */
export interface Leak {
  /** Of gitleaks, for example `github-pat`. */
  readonly rule: string;
  readonly description: string;
  /** At the commit. */
  readonly file: string;
  /** From 1; 0 when the file is suspicious as a whole. */
  readonly line: number;
  readonly endLine: number;
  readonly commit: string;
  /** What `.gitleaksignore` calls it. */
  readonly fingerprint: string;
}

/** A leak with all that is known of it. */
export interface Finding extends Pick<
  Leak,
  'rule' | 'description' | 'line' | 'endLine' | 'commit'
> {
  /** Undefined when the name holds a secret itself. */
  readonly file: string | undefined;
  /** Undefined likewise. */
  readonly fingerprint: string | undefined;
  /** The file is the same in what is checked out, so the line is, too. */
  readonly current: boolean;
  /** What is checked out has a file of this name. */
  readonly exists: boolean;
  /** The baseline has it already. */
  readonly known: boolean;
}

// Of the rest (author, e-mail, message, match) nothing is even read.
const reportSchema = z.array(
  z.object({
    RuleID: z.string(),
    Description: z.string(),
    File: z.string(),
    StartLine: z.number().int(),
    EndLine: z.number().int(),
    Commit: z.string(),
    Fingerprint: z.string(),
  }),
);
const baselineSchema = z.array(
  z.object({
    RuleID: z.string(),
    File: z.string(),
    StartLine: z.number().int(),
    Commit: z.string().optional(),
  }),
);

/** Reads gitleaks' report; undefined when it is none. */
export function parseLeaks(json: string): Leak[] | undefined {
  const report = parsed(json, reportSchema);
  return report
    ?.map((entry) => ({
      rule: entry.RuleID,
      description: entry.Description,
      file: entry.File,
      line: entry.StartLine,
      endLine: Math.max(entry.EndLine, entry.StartLine),
      commit: entry.Commit,
      fingerprint: entry.Fingerprint,
    }))
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

/**
 * What a baseline, a report of gitleaks in JSON, knows already: the same rule at the same line of the same file and commit; a report made
 * without git names no commit. gitleaks' own comparison wants author and message, too, which we do not have it read.
 * @throws UserError `baseline-invalid`
 */
export function knownBy(baseline: string | undefined, path = ''): (leak: Leak) => boolean {
  if (baseline === undefined) return () => false;
  const report = parsed(baseline, baselineSchema);
  if (report === undefined) {
    throw new UserError({
      id: 'baseline-invalid',
      message: "The baseline is no report of gitleaks' in JSON.",
      value: path,
      fix: 'Make it with "gitleaks git --redact --report-path leaks.json", and commit it.',
    });
  }
  const known = new Set(
    report.map((entry) =>
      JSON.stringify([entry.RuleID, entry.File, entry.StartLine, entry.Commit ?? '']),
    ),
  );
  return ({ rule, file, line, commit }) =>
    [commit, ''].some((hash) => known.has(JSON.stringify([rule, file, line, hash])));
}

function parsed<T>(json: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

/** Sorts by file and line, whatever order gitleaks' threads found them in. */
function keyOf({ file, line, rule, commit }: Leak): string {
  return [file, String(line).padStart(8, '0'), rule, commit].join('\0');
}
