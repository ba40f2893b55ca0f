import { basename, join } from 'node:path';
import { UserError } from '../../kit/errors.ts';
import { safeLine } from '../../kit/text.ts';
import { runTrivy, type TrivyContext } from './run.ts';
import type { TargetScan } from './scan-all.ts';

const PATIENCE_MS = 120_000;
const FORMATS = { cyclonedx: 'cyclonedx', spdx: 'spdx-json' } as const;

/**
 * Writes the bill of materials of what was scanned, from the same report: Trivy is not asked a second time.
 * @throws UserError `scan-failed`
 */
export async function writeBill(
  { target, file }: TargetScan,
  format: keyof typeof FORMATS,
  folder: string,
  context: TrivyContext,
): Promise<void> {
  const path = join(folder, `${basename(file, '.json')}.${format}.json`);
  const args = ['convert', file, '--format', FORMATS[format], '--output', path];
  const { code, timedOut, lines } = await runTrivy(args, { deadlineMs: PATIENCE_MS }, context);
  if (code === 0 && !timedOut) return;
  throw new UserError({
    id: 'scan-failed',
    message: `Trivy could not write the bill of materials of ${target}: ${safeLine(lines.at(-1) ?? 'it gave no reason')}`,
    value: target,
    fix: 'Mend what Trivy names, or give bill-of-materials: none.',
  });
}
