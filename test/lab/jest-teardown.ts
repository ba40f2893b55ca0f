import { releaseEngine } from './engine.ts';

export default async function teardown(): Promise<void> {
  await releaseEngine();
}
