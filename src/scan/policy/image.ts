import { formatSize } from '../../kit/size.ts';
import type { Report } from '../report/parse.ts';
import type { GateSettings, PolicyFinding } from './gate.ts';
import type { Ignores } from './ignore.ts';

/** Root by name or by number, whatever the group. */
const ROOT = /^(?:root|0+)?(?::.*)?$/;

/** What is wrong with an image, apart from what is in it. */
export function imagePolicy({ os, image }: Report, settings: GateSettings): PolicyFinding[] {
  const found: PolicyFinding[] = [];
  const { endOfLife, root, maxSize } = settings;
  if (os?.endOfLife && endOfLife !== 'ignore') {
    found.push({
      rule: 'end-of-life',
      say: endOfLife,
      message: `${os.family} ${os.name} gets no more updates: what is found in it from now on stays in it.`,
      fix: 'Build on a newer base image.',
    });
  }
  if (image !== undefined && root !== 'ignore' && ROOT.test(image.user.trim())) {
    found.push({
      rule: 'root',
      say: root,
      message: `The image runs as ${image.user === '' ? 'root: it names no user' : image.user}.`,
      fix: 'Add "USER" with an unprivileged user to the last stage of the Dockerfile.',
    });
  }
  const size = image?.size;
  if (size !== undefined && maxSize !== undefined && size > maxSize) {
    found.push({
      rule: 'size',
      say: 'fail',
      message: `The image has ${formatSize(size)} unpacked, ${formatSize(maxSize)} are allowed.`,
      fix: 'Use a smaller base image, or leave in the build stage what only the build needs.',
    });
  }
  return found;
}

/** Somebody has promised to look at it again by a date that has passed. */
export function expiredIgnores(
  { findings }: Report,
  { severity }: GateSettings,
  ignores: Ignores,
): PolicyFinding[] {
  return ignores
    .filter((entry) => entry.expired && findings.some((finding) => entry.matches(finding)))
    .map(({ id, statement, expiresAt = '', where }) => ({
      rule: 'ignore-expired',
      say: severity === 'none' ? 'warn' : 'fail',
      message: `${id} was ignored until ${expiresAt}: ${statement} (${where})`,
      fix: 'Mend it, or look at it again and give the entry a new date.',
    }));
}

/** Entries that mean nothing that was found: what they were for is gone, or they are misspelt. */
export function unusedIgnores(ignores: Ignores, reports: readonly Report[]): Ignores {
  return ignores.filter(
    (entry) => !reports.some(({ findings }) => findings.some((finding) => entry.matches(finding))),
  );
}
