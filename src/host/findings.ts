import { describe, UserError } from '../kit/errors.ts';

/** Several reasons why nothing can be released to a host. */
class HostUnfit extends UserError {
  readonly problems: readonly UserError[];

  constructor(host: string, problems: readonly UserError[]) {
    super({
      id: 'host-unfit',
      message: `${host}: ${problems.length} things stand in the way: ${problems.map(({ id }) => id).join(', ')}.`,
      fix: `Each by its own:\n${problems.map((problem, index) => `${index + 1}. ${describe(problem).replaceAll('\n', '\n   ')}`).join('\n')}`,
    });
    this.problems = problems;
  }
}

/** Tells all of them at once: the one there is, or one error that lists them; undefined for none. */
export function together(host: string, problems: readonly UserError[]): UserError | undefined {
  return problems.length > 1 ? new HostUnfit(host, problems) : problems[0];
}

/** The other way round: what an error is made of. */
export function problemsOf(error: UserError): readonly UserError[] {
  return error instanceof HostUnfit ? error.problems : [error];
}
