import type { Clock } from '../../kit/clock.ts';
import type { Log } from '../../kit/log.ts';
import type { ToolName } from './pins.ts';

/** A program that is there and has said which version it is. */
export interface Tool {
  readonly name: ToolName;
  readonly path: string;
  readonly version: string;
  readonly origin: Origin;
}

/** Where a program was found: `cache` is that of the repository, through GitHub's cache service. */
export type Origin = 'PATH' | 'tool cache' | 'cache' | 'download';

export interface ToolSettings {
  /** Where releases lie instead of at GitHub, with the same layout below: `<mirror>/v0.74.0/<archive>`. */
  readonly mirror: string | undefined;
}

/** What was asked for, and how long is waited for it, in milliseconds. */
export interface Terms extends ToolSettings {
  /** For a program to say its version. */
  readonly askMs: number;
  /** For one attempt of a download. */
  readonly attemptMs: number;
}

/** The world around a program that is looked for. */
export interface ToolContext {
  readonly log: Log;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  /** A private folder for this run. */
  readonly scratch: string;
}
