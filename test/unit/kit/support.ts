import { afterAll, afterEach, beforeEach } from '@jest/globals';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock } from '../../../src/kit/clock.ts';
import { UserError } from '../../../src/kit/errors.ts';

/** A clock that stands still until somebody sleeps; it remembers how long each sleep was. */
export class FakeClock implements Clock {
  time: number;
  readonly sleeps: number[] = [];

  constructor(time = 0) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.time += ms;
    return Promise.resolve();
  }
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder with these files; it is gone when the test file has ended. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'unit-')));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Restores the environment after each test; gives a function that sets inputs as the runner does. */
export function ownEnvironment(): (inputs: Readonly<Record<string, string>>) => void {
  let before: NodeJS.ProcessEnv = {};
  beforeEach(() => {
    before = { ...process.env };
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
  });
  return (inputs) => {
    for (const [name, value] of Object.entries(inputs)) {
      process.env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value;
    }
  };
}

/** What `work` writes to stdout, which is where the runner reads its commands. */
export async function stdoutOf(work: () => unknown): Promise<string> {
  const original = process.stdout.write.bind(process.stdout);
  let text = '';
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  try {
    await work();
  } finally {
    process.stdout.write = original;
  }
  return text;
}

/** The error that `work` throws; it must be one that a person can mend. */
export function problemOf(work: () => unknown): UserError {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The same for work that takes time. */
export async function problemIn(work: Promise<unknown>): Promise<UserError> {
  const error: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (error instanceof UserError) return error;
  throw error;
}
