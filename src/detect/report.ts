import { UserError } from '../kit/errors.ts';
import { cell, code, table } from '../kit/summary.ts';
import { plural } from '../kit/text.ts';
import type { Recorded, Verdict } from './changes.ts';
import type { Detection } from './detect.ts';
import type { Service } from './services.ts';

/** GitHub takes no more: https://docs.github.com/en/actions/reference/limits */
const MOST_LEGS = 256;

/** One leg of a matrix, with the inputs of build-image by their names. Lists are texts, since an expression gives an input no other. */
interface MatrixLeg {
  readonly service: string;
  readonly context: string;
  readonly dockerfile: string;
  readonly image: string;
  readonly stack: Service['stack'];
  readonly versions: Service['versions'];
  readonly target?: string;
  /** Separated by commas. */
  readonly platforms?: string;
  /** `NAME=value`, one a line. */
  readonly 'build-args'?: string;
  readonly 'max-size'?: string;
}

/** The outputs of the action, by name. */
export interface Outputs {
  readonly outcome: 'detected' | 'unchanged';
  readonly any: boolean;
  readonly base: string;
  readonly matrix: { readonly include: readonly MatrixLeg[] };
  readonly services: readonly (MatrixLeg & {
    readonly manager?: string;
    readonly build: boolean;
    readonly reason: string;
  })[];
  readonly unchanged: Readonly<Record<string, Recorded>>;
}

/** @throws UserError `matrix-too-large` */
export function outputsOf({ verdicts, base }: Detection): Outputs {
  const include = verdicts.filter(isBuilt).map(({ service }) => legOf(service));
  if (include.length > MOST_LEGS) {
    throw new UserError({
      id: 'matrix-too-large',
      message: `GitHub takes no matrix of more than ${MOST_LEGS} jobs.`,
      value: plural(include.length, 'service'),
      fix: 'Split them with the input services, one detect for each part, or let changed-only leave out what has not changed.',
    });
  }
  const any = include.length > 0;
  return {
    outcome: any ? 'detected' : 'unchanged',
    any,
    base: base ?? '',
    matrix: { include },
    services: verdicts.map(({ service, recorded, reason }) => ({
      ...legOf(service),
      ...(service.manager === undefined ? {} : { manager: service.manager }),
      build: recorded === undefined,
      reason,
    })),
    unchanged: Object.fromEntries(
      verdicts.flatMap(({ service, recorded }) => (recorded ? [[service.name, recorded]] : [])),
    ),
  };
}

function isBuilt({ recorded }: Verdict): boolean {
  return recorded === undefined;
}

function legOf(service: Service): MatrixLeg {
  const { name, context, dockerfile, image, stack, versions, target, platforms, args, maxSize } =
    service;
  const pairs = Object.entries(args).map(([key, value]) => `${key}=${value}`);
  return {
    service: name,
    context,
    dockerfile,
    image,
    stack,
    versions,
    ...(target === undefined ? {} : { target }),
    ...(platforms.length === 0 ? {} : { platforms: platforms.join(',') }),
    ...(pairs.length === 0 ? {} : { 'build-args': pairs.join('\n') }),
    ...(maxSize === undefined ? {} : { 'max-size': maxSize }),
  };
}

/** What was found, in one sentence. */
export function sentenceOf({ verdicts, base }: Detection): string {
  const built = verdicts.filter(isBuilt).length;
  const kept = verdicts.length - built;
  const since = base === undefined ? '' : ` compared with ${base.slice(0, 7)}`;
  if (kept === 0) return `${plural(built, 'service')} to build${since}.`;
  if (built === 0) return `Nothing to build${since}: ${plural(kept, 'service')} unchanged.`;
  return `${plural(built, 'service')} to build and ${kept} unchanged${since}.`;
}

/** Blocks of Markdown for the job summary. */
export function detectSummary(detection: Detection): string[] {
  return [
    `### ${cell(sentenceOf(detection))}`,
    table(['Service', 'Stack', 'Versions', 'Build', 'Why'], detection.verdicts.map(row)),
  ];
}

function row({ service, recorded, reason }: Verdict): string[] {
  const { name, stack, versions, manager } = service;
  const all = Object.entries(versions).map(([tool, version]) => `${tool} ${version}`);
  const unversioned = manager === undefined || Object.hasOwn(versions, manager) ? [] : [manager];
  return [
    code(name),
    stack,
    code([...all, ...unversioned].join(', ')),
    recorded === undefined ? 'yes' : 'no',
    cell(reason),
  ];
}
