import { UserError } from '../kit/errors.ts';
import { lastLines } from '../kit/text.ts';
import { gitEnvironment } from '../detect/git.ts';
import { ask } from './docker.ts';

/** The commit that is built. */
export interface Revision {
  readonly commit: string;
  /** Its committer's time, in seconds since the epoch, as SOURCE_DATE_EPOCH wants it. */
  readonly epoch: number;
}

/**
 * The commit that the workspace holds: what is built is what was checked out, whatever the event says.
 * @throws UserError `repository-missing`
 */
export async function checkedOut(workspace: string, env: NodeJS.ProcessEnv): Promise<Revision> {
  const args = ['-C', workspace, 'show', '--no-patch', '--format=%H %ct', 'HEAD', '--'];
  const said = await ask('git', args, gitEnvironment(env, workspace, undefined)).catch(
    (error: unknown) => ({ code: 1, stdout: '', stderr: String(error) }),
  );
  const [, commit, epoch] = /^([0-9a-f]{40,64}) (\d+)\s*$/.exec(said.stdout) ?? [];
  if (said.code === 0 && commit !== undefined) return { commit, epoch: Number(epoch) };
  throw new UserError({
    id: 'repository-missing',
    message: `The workspace is no git repository with a commit: ${lastLines(said.stderr, 1)[0] ?? ''}`,
    value: workspace,
    fix: 'Check the repository out before this step: uses: actions/checkout.',
  });
}
