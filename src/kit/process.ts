import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** How a process ended: its exit code, or the signal that ended it. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that is being streamed to and from, and can be killed. */
export interface Running {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Never rejects for an exit code; rejects when the program could not be started at all. */
  readonly exit: Promise<Exit>;
  kill(signal?: NodeJS.Signals): void;
}

export interface StartOptions {
  readonly cwd?: string;
  /** The whole environment, not an addition to ours. */
  readonly env?: NodeJS.ProcessEnv;
  /** In a process group of its own, so that whatever it starts can be ended with it. */
  readonly detached?: boolean;
}

/** Starts a program with its arguments as they are: no shell is involved. */
export function start(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Running {
  const child = spawn(command, args, { ...options, stdio: 'pipe' });
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
  // A program that ends before it has read everything is judged by its exit code, not by our EPIPE.
  child.stdin.on('error', () => undefined);
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exit,
    kill: (signal = 'SIGTERM') => child.kill(signal),
  };
}

export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  /** The deadline ended it, or something that it had left behind. */
  readonly timedOut: boolean;
}

export interface RunOptions extends Omit<StartOptions, 'detached'> {
  readonly input?: string | Buffer;
  /** After this many milliseconds it is killed with SIGKILL, and with it whatever it has started. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end and gives back what it said. An exit code is an answer, not an error. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const { input, timeoutMs, ...startOptions } = options;
  const child = start(command, args, { ...startOptions, detached: timeoutMs !== undefined });
  let timedOut = false;
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          killGroup(child.pid);
          // Who has left the group may still hold them open; nobody waits for that.
          child.stdout.destroy();
          child.stderr.destroy();
        }, timeoutMs);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin.end(input);
  try {
    const exit = await child.exit;
    return { stdout: stdout(), stderr: stderr(), ...exit, timedOut };
  } finally {
    clearTimeout(timer);
  }
}

function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // All of it has ended already.
  }
}

/** Gathers what a stream says; the result gives the text so far. */
function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
