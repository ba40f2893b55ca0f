import * as core from '@actions/core';
import type { Clock } from './clock.ts';
import { formatDuration } from './duration.ts';
import { safeLine } from './text.ts';

/** Where progress is told. Text of others is made harmless here, so that no caller can forget it. */
export interface Log {
  info(text: string): void;
  /** A line that somebody else wrote, behind a label that says who. */
  foreign(label: string, line: string): void;
  notice(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  /** Folds what `work` logs under a title and says how long it took. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>;
}

/** The log of a GitHub Actions step. */
export function actionsLog(clock: Clock): Log {
  return {
    info: (text) => {
      core.info(shielded(text));
    },
    foreign: (label, line) => {
      core.info(shielded(`  ${safeLine(label)} | ${safeLine(line)}`));
    },
    // The toolkit escapes the text of annotations itself.
    notice: (text) => {
      core.notice(text);
    },
    warning: (text) => {
      core.warning(text);
    },
    error: (text) => {
      core.error(text);
    },
    group: async (title, work) => {
      const started = clock.now();
      const name = shielded(safeLine(title));
      core.startGroup(name);
      try {
        return await work();
      } finally {
        core.endGroup();
        core.info(`${name}: ${formatDuration(clock.now() - started)}`);
      }
    },
  };
}

/** Our own sentences may quote a hostile name: no line of them may become a workflow command. */
function shielded(text: string): string {
  return text
    .split('\n')
    .map((line) => safeLine(line).replace(/^(\s*)::/, '$1: :'))
    .join('\n');
}
