/** One step of the demo as it went. */
export interface DemoStep {
  readonly title: string;
  readonly environment: string;
  /** Seconds since the demo began. */
  readonly started: number;
  /** Seconds that the action took. */
  readonly took: number;
  readonly outcome: string;
  readonly exitCode: number | null;
  /** The version that users reach afterwards, and the one that they should. */
  readonly serving: string;
  readonly expected: string;
  readonly sent: number;
  readonly failed: number;
  readonly sentence: string;
}

const HEAD = ['step', 'outcome', 'exit', 'took', 'serves', 'sent', 'failed'];

function rows(steps: readonly DemoStep[]): string[][] {
  return steps.map(({ title, outcome, exitCode, took, serving, sent, failed }) => [
    title,
    outcome,
    String(exitCode),
    `${took.toFixed(1)} s`,
    serving,
    String(sent),
    String(failed),
  ]);
}

/** The table and the timeline for the terminal. */
export function terminal(steps: readonly DemoStep[], total: number): string {
  const table = [HEAD, ...rows(steps)];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  '),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return ['', ...lines, '', ...timeline(steps, total)].join('\n');
}

/** One bar a step on a common axis. */
function timeline(steps: readonly DemoStep[], total: number): string[] {
  const width = 60;
  const at = (second: number): number => Math.round((second / total) * width);
  return steps.map(({ title, started, took }) => {
    const length = Math.max(1, at(started + took) - at(started));
    return (
      `${' '.repeat(at(started))}${'#'.repeat(length)}`.padEnd(width + 2) +
      `${started.toFixed(0).padStart(4)} s  ${title}`
    );
  });
}

/** The summary file. */
export function markdown(steps: readonly DemoStep[], total: number): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    '# Slipway demo',
    '',
    'Two real hosts, a real registry, a real BuildKit, the shipped bundles; constant load on each host from its first release on.',
    '',
    line(HEAD),
    line(HEAD.map(() => '---')),
    ...rows(steps).map(line),
    '',
    ...steps.map(({ title, sentence }) => `- ${title}: ${sentence}`),
    '',
    '```text',
    ...timeline(steps, total),
    '```',
    '',
  ].join('\n');
}
