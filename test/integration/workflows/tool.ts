import { join } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import { checkout } from './shipped.ts';

/** The path of a checking tool, which is installed where it is missing. */
export async function tool(name: string): Promise<string> {
  const { code, stdout, stderr } = await run('sh', [join(checkout, 'scripts/tool.sh'), name]);
  if (code !== 0) throw new Error(`scripts/tool.sh ${name} failed:\n${stderr}`);
  return stdout.trim();
}
