/** What a person can mend: shown without a stack, with the value that is wrong and the way out. */
export interface Problem {
  /** Stable identifier, listed in docs/errors.md, e.g. `host-key-changed`. Tests and scripts may rely on it. */
  readonly id: string;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** The offending value, as it was given. Never a secret. */
  readonly value?: string | undefined;
  /** What to do about it, with the exact command or line where there is one. */
  readonly fix: string;
}

/** A mistake or a circumstance outside Slipway. Anything else that is thrown is a bug of ours. */
export class UserError extends Error implements Problem {
  override readonly name = 'UserError';
  readonly id: string;
  readonly value: string | undefined;
  readonly fix: string;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.id = problem.id;
    this.value = problem.value;
    this.fix = problem.fix;
  }
}

/** The text for log and summary: identifier, sentence, value, fix. A bug keeps its stack. */
export function describe(error: unknown): string {
  if (error instanceof UserError) {
    const value = error.value === undefined ? '' : `\nValue: ${error.value}`;
    return `${error.message} [${error.id}]${value}\nFix: ${error.fix}`;
  }
  if (error instanceof Error)
    return `This is a bug in Slipway, please report it: ${error.stack ?? error.message}`;
  return `This is a bug in Slipway, please report it: ${String(error)}`;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Marks a branch that the types say cannot be reached. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
