import { engineDown } from './engine.ts';

export default async function teardown(): Promise<void> {
  await engineDown(process.pid);
}
