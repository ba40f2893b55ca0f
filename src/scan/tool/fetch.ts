import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../kit/errors.ts';
import { bytesOf } from './archive.ts';
import { corrupt, unsupported } from './failure.ts';
import type { Program } from './pins.ts';
import type { Terms, Tool, ToolContext } from './tool.ts';
import { takeFile } from './unpack.ts';
import { versionOf } from './version.ts';

/**
 * The pinned version of a program, unpacked into the folder `bin` of the private folder.
 * @throws UserError `tool-malicious`, `tool-unsupported`, `tool-unavailable`, `tool-corrupt` or `url-invalid` (the mirror)
 */
export async function fetchTool(
  program: Program,
  terms: Terms,
  context: ToolContext,
): Promise<Tool> {
  const { name, version } = program;
  const platform = `${process.platform}-${process.arch}`;
  const archive = program.archives[platform];
  if (archive === undefined) throw unsupported(program, platform);
  const { bytes, origin } = await bytesOf(program, archive, terms, context);
  const folder = join(context.scratch, 'bin');
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true });
  await takeFile(bytes, name, path).catch((error: unknown) => {
    throw corrupt(program, archive.file, `it cannot be unpacked, ${messageOf(error)}`);
  });
  const said = await versionOf(path, program, context.scratch, terms.askMs);
  if (said.version === version) return { name, path, version, origin };
  throw corrupt(
    program,
    archive.file,
    said.version === undefined ? `it ${said.why}` : `it says that it is ${said.version}`,
  );
}
