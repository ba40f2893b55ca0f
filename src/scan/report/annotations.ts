import type { Scanned, Verdict } from '../policy/gate.ts';
import { type Locate, type Location, locationOf } from './location.ts';
import { byWeight, countText, remediesOf } from './remedies.ts';

/** A remark at a line of a file of the repository, or at none. */
interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
  readonly at: Location | undefined;
}

export interface Annotations {
  /** Errors first, the worst first. */
  readonly shown: readonly Annotation[];
  /** `10 of 83 shown`, when there are more. */
  readonly note: string | undefined;
}

/** GitHub shows ten of a kind for a step. */
const SHOWN = 10;
/** GitHub takes 4,096 bytes, which may be four of a character. */
const LONGEST = 1_000;

/** What somebody has to do in which file: one remark for a package with all its holes, one for each line of a configuration. */
export function annotationsOf(
  scanned: readonly Scanned[],
  verdicts: readonly Verdict[],
  locate: Locate,
): Annotations {
  const policy = verdicts.flatMap((verdict, index) =>
    verdict.policy.map(({ say, rule, message, fix }): Annotation => {
      const one = scanned[index];
      return {
        level: say === 'fail' ? 'error' : 'warning',
        title: `${verdict.target}: ${rule}`,
        message: cut(`${message} ${fix}`),
        at: one && locate(one),
      };
    }),
  );
  // Target by target, since each has a file of its own.
  const remedies = scanned
    .flatMap((one, index) => remediesOf([one], verdicts.slice(index, index + 1)))
    .sort(byWeight);
  const findings = remedies.flatMap(({ what, why, found }): Annotation[] => {
    const [worst] = found;
    if (worst === undefined) return [];
    const all = found.map(({ finding }) => finding);
    const ids = [...new Set(all.map(({ id }) => id))];
    return [
      {
        level: 'error',
        title: `${worst.scanned.target}: ${countText(all)}`,
        message: cut(`${what}. ${why} (${ids.join(', ')})`),
        at:
          worst.scanned.kind === 'image'
            ? locate(worst.scanned)
            : locationOf(worst.scanned, worst.finding, locate),
      },
    ];
  });
  const all = [
    ...findings,
    ...policy.filter(({ level }) => level === 'error'),
    ...policy.filter(({ level }) => level === 'warning'),
  ];
  return {
    shown: all.slice(0, SHOWN),
    note: all.length > SHOWN ? `${SHOWN} of ${all.length} shown` : undefined,
  };
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
