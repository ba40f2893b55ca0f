import { holdEngine } from './engine.ts';

/** Holds the engine for the whole run, so that it does not come and go between test files. */
export default async function setup(): Promise<void> {
  await holdEngine();
}
