import { getExecOutput } from '@actions/exec';
import { StringDecoder } from 'node:string_decoder';
import { UserError } from '../kit/errors.ts';

/** What a command said. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program silently and gives back what it said; an exit code is an answer.
 * @throws Error when the program is not installed
 */
export async function ask(
  tool: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onErrorLine?: (line: string) => void,
): Promise<Said> {
  const lines = onErrorLine && splitter(onErrorLine);
  const { exitCode, stdout, stderr } = await getExecOutput(tool, [...args], {
    env: definedOnly(env),
    silent: true,
    ignoreReturnCode: true,
    ...(lines && { listeners: { stderr: lines.take } }),
  });
  lines?.end();
  return { code: exitCode, stdout, stderr };
}

/** `docker`, which has to be there. @throws UserError `docker-missing` */
export async function docker(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Said> {
  try {
    return await ask('docker', args, env);
  } catch (error) {
    throw new UserError(
      {
        id: 'docker-missing',
        message: 'The runner has no Docker.',
        value: 'docker',
        fix: 'Run the job on ubuntu-24.04, which has it, or install Docker Engine and buildx on your own runner.',
      },
      { cause: error },
    );
  }
}

/** An environment without the names that have no value. */
function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Cuts a stream of bytes into lines; a character may be cut in two by the stream. */
function splitter(onLine: (line: string) => void): {
  readonly take: (chunk: Buffer) => void;
  readonly end: () => void;
} {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    take: (chunk) => {
      const parts = (rest + decoder.write(chunk)).split(/\r?\n/);
      rest = parts.pop() ?? '';
      parts.forEach(onLine);
    },
    end: () => {
      if (rest !== '') onLine(rest);
    },
  };
}
