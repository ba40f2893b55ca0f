import { makeScratch, removeScratch } from '../kit/scratch.ts';
import { HostSession } from '../host/session.ts';
import { openAccess } from '../remote/connection.ts';
import type { Context } from './host-release.ts';
import type { HostInputs } from './inputs.ts';

/** Gives `work` a session with each host, and takes back every trace of it on the runner afterwards. */
export async function withHosts<T>(
  inputs: HostInputs,
  context: Context,
  work: (sessions: readonly HostSession[]) => Promise<T>,
): Promise<T> {
  const scratch = makeScratch();
  try {
    const access = await openAccess(scratch, inputs, inputs.targets, context.clock);
    const sessions = inputs.targets.map(
      (target) => new HostSession(target, access, context.clock, context.log),
    );
    try {
      return await work(sessions);
    } finally {
      await Promise.all(sessions.map((session) => session.close()));
      access.agent.stop();
    }
  } finally {
    removeScratch(scratch);
  }
}
