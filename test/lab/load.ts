import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Count, Meter, type MeterOptions } from './meter.ts';

/** A load that runs in a process of its own, so that whoever measures does not disturb it. */
export interface Load {
  /** The counts so far. */
  count(): Promise<Count>;
  stop(): Promise<Count>;
}

/** Starts the load and waits for its first requests. */
export async function startLoad(options: MeterOptions): Promise<Load> {
  const child = fork(fileURLToPath(import.meta.url), { serialization: 'json' });
  const ask = async (message: unknown): Promise<Count> => {
    const answer = once(child, 'message') as Promise<[Count]>;
    child.send(message as object);
    return (await answer)[0];
  };
  await ask({ start: options });
  return {
    count: () => ask({ count: true }),
    stop: async () => {
      const count = await ask({ stop: true });
      child.disconnect();
      return count;
    },
  };
}

/** What happened between two counts; without the first, since the load began. */
export function since(before: Count | undefined, after: Count): { sent: number; failed: number } {
  return { sent: after.sent - (before?.sent ?? 0), failed: after.failed - (before?.failed ?? 0) };
}

// As a process of its own: obeys its parent, and ends with it.
if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  let meter: Meter | undefined;
  process.on('message', (message: { start?: MeterOptions; stop?: true }) => {
    if (message.start) {
      meter = new Meter(message.start);
      meter.start();
    }
    const counted = message.stop ? meter?.stop() : Promise.resolve(meter?.count());
    void counted?.then((count) => process.send?.(count));
  });
  process.on('disconnect', () => process.exit());
}
