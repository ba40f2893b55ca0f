import { expect } from '@jest/globals';
import type { Host, Login } from '../../../lab/host.ts';
import type { StepResult } from '../../../runner/runner.ts';
import type { Hello } from '../hello.ts';

/** What a case may need to go wrong. */
interface Scene {
  readonly host: Host;
  /** Somebody whom the host does not know. */
  readonly other: Login;
  readonly system: Hello;
}

/** One mistake, and what a person must be told about it. */
export interface Case<S = Scene> {
  readonly name: string;
  readonly id: string;
  readonly value: string | RegExp | ((scene: S) => string);
  /** A part of the fix. */
  readonly fix: string | RegExp;
  /** What the message must say besides. */
  readonly says?: (scene: S) => Promise<readonly string[]>;
  readonly inputs?: (scene: S) => Record<string, string> | Promise<Record<string, string>>;
  readonly arrange?: (system: Hello) => void;
}

/** Identifier, offending value and fix stand in the log, and nothing is left on the runner. */
export function expectProblem<S>(result: StepResult, { id, value, fix }: Case<S>, scene: S): void {
  const log = result.log.replaceAll('%0A', '\n').replaceAll('%25', '%');
  const [, offending, way] = new RegExp(`\\[${id}\\]\\nValue: (.*)\\nFix: (.*)`).exec(log) ?? [];
  if (offending === undefined) throw new Error(`[${id}] is not in the log:\n${log}`);
  if (value instanceof RegExp) expect(offending).toMatch(value);
  else expect(offending).toBe(typeof value === 'string' ? value : value(scene));
  if (fix instanceof RegExp) expect(way).toMatch(fix);
  else expect(way).toContain(fix);
  expect(log).not.toContain('bug in Slipway');
  expect(result).toMatchObject({ postExitCode: 0, leftovers: [] });
}
