import { formatDuration } from '../kit/duration.ts';
import { formatSize } from '../kit/size.ts';
import { cell, code, table } from '../kit/summary.ts';
import { plural } from '../kit/text.ts';
import { formatReference } from '../registry/reference.ts';
import type { Finding } from './dockerfile/rules.ts';
import type { BuildInputs } from './inputs.ts';
import type { Progress, Step } from './progress.ts';
import type { Built } from './run.ts';
import { sizeOf } from './size.ts';

/** How much of the Dockerfile the cache had. */
export function cachedSteps(progress: Progress): {
  readonly steps: number;
  readonly cached: number;
} {
  const steps = progress.steps();
  return { steps: steps.length, cached: steps.filter(({ cached }) => cached).length };
}

/** Blocks of Markdown for the job summary. */
export function buildSummary(
  inputs: BuildInputs,
  built: Built,
  findings: readonly Finding[],
): string[] {
  const { prepared, published, progress } = built;
  const { image, service } = inputs.image;
  const { steps, cached } = cachedSteps(progress);
  const rows: (readonly [string, string])[] = [
    ['Image', code(formatReference(image))],
    ...(published === undefined
      ? []
      : ([
          ['Digest', code(published.digest)],
          ['Size', cell(sizeText(sizeOf(published.images), built.sizeBefore))],
          ['Platforms', published.images.map(({ platform }) => code(platform)).join(', ')],
        ] as const)),
    ['Tags', prepared.tags.names.map(code).join(', ')],
    ['Commit', code(prepared.revision.commit)],
    ['From the cache', `${cached} of ${plural(steps, 'step')}`],
    ['Time', formatDuration(built.ms)],
  ];
  const did =
    published !== undefined ? 'built and pushed' : inputs.load ? 'built and loaded' : 'built';
  return [
    `### ${cell(service)}: ${did}`,
    table(['', ''], rows),
    stageTable(progress),
    ...findingBlocks(inputs.image.dockerfileName, findings),
  ];
}

/** `88.2 MB, 1.4 MB more than before`: compressed, as the registry keeps it. */
function sizeText(now: number, before: number | undefined): string {
  if (before === undefined) return `${formatSize(now)} compressed`;
  const difference = now - before;
  if (difference === 0) return `${formatSize(now)} compressed, as before`;
  const word = difference > 0 ? 'more' : 'less';
  return `${formatSize(now)} compressed, ${formatSize(Math.abs(difference))} ${word} than before`;
}

/** What took how long, by BuildKit's own clock. */
export function stageTable(progress: Progress): string {
  const all = progress.steps();
  const rows = [...new Set(all.map(({ stage }) => stage))].map((stage) => {
    const steps = all.filter((step) => step.stage === stage);
    const cached = steps.filter((step) => step.cached).length;
    return [
      cell(stage === '' ? 'the only stage' : stage),
      `${cached} of ${steps.length}`,
      formatDuration(total(steps)),
    ];
  });
  const rest = [
    ['Base images', '[internal] load metadata'],
    ['Build context', '[internal] load build context'],
    ['Cache import', 'importing cache'],
    ['Export and push', 'exporting to'],
    ['Push', 'pushing'],
    ['Cache export', 'exporting cache'],
  ] as const;
  const others = rest
    .map(([title, prefix]) => [title, '', progress.spent(prefix)] as const)
    .filter(([, , ms]) => ms > 0)
    .map(([title, none, ms]) => [title, none, formatDuration(ms)]);
  return table(['Stage', 'Steps from the cache', 'Time'], [...rows, ...others]);
}

function total(steps: readonly Step[]): number {
  return steps.reduce((sum, { ms }) => sum + ms, 0);
}

/** The table of what should be looked at in the Dockerfile; nothing when there is nothing. */
export function findingBlocks(dockerfile: string, findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const rows = findings.map(({ rule, line, message }) => [
    code(`${dockerfile}:${line}`),
    code(rule),
    cell(message),
  ]);
  return [
    `**The Dockerfile: ${plural(findings.length, 'warning')}**`,
    table(['Where', 'Rule', 'What'], rows),
  ];
}
