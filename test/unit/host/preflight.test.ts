import { describe, expect, test } from '@jest/globals';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith } from '../kit/support.ts';
import { prepare, SHELLS, type Shell, talkOn } from './shells.ts';

/** Programs of a host, by name: lines of sh. */
function programs(scripts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(scripts).map(([name, text]) => [name, `#!/bin/sh\n${text}\n`]);
  const folder = folderWith(Object.fromEntries(lines) as Record<string, string>);
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755);
  return folder;
}

/** A docker that answers as a good one does, and writes down what it was asked. */
const GOOD = `echo "$1 $2" >>"$HOME/asked"
case "$*" in
  info*) printf '%s\\n' 'engine 28.5.2' 'docker-root /var/lib/nowhere/docker' 'os linux' 'system Debian GNU/Linux 12' 'security [name=seccomp,profile=builtin]' 'compose 2.40.3' ;;
  *config*) echo '{"name":"x"}' ;;
esac`;

interface Answer {
  /** Lines without the greeting; the facts only where a test looks for them. */
  readonly refused: string[];
  readonly facts: string[];
  readonly lines: readonly string[];
  readonly home: string;
}

async function ask(
  shell: Shell,
  scripts: Readonly<Record<string, string>>,
  lacks: readonly string[] = [],
): Promise<Answer> {
  const home = folderWith();
  const { lines } = await talkOn(
    { shell, home, before: programs(scripts), lacks },
    await prepare('slipway/a/b'),
  );
  const of = (kind: string): string[] =>
    lines.filter((line) => line.startsWith(`${kind}\t`)).map((line) => line.slice(kind.length + 1));
  return { refused: of('refused'), facts: of('fact'), lines, home };
}

describe.each(SHELLS)('%s', (shell) => {
  test('a good host is asked two things of Docker, and says all in one go', async () => {
    const { refused, facts, lines, home } = await ask(shell, { docker: GOOD });
    expect(refused).toEqual([]);
    for (const fact of [
      'engine\t28.5.2',
      'system\tDebian GNU/Linux 12',
      'security\t[name=seccomp,profile=builtin]',
      'compose\t2.40.3',
      'docker-root\t/var/lib/nowhere/docker',
    ])
      expect(facts).toContain(fact);
    expect(facts).toContainEqual(expect.stringMatching(/^clock\t\d{10}$/));
    expect(facts).toContainEqual(expect.stringMatching(/^memory-free\t\d+$/));
    // The nearest folder that is there stands for Docker's own.
    expect(facts).toContainEqual(expect.stringMatching(/^df-k\t\/var\/lib\t.* \d+ .*%/));
    expect(facts).toContainEqual(expect.stringContaining(`df-i\t${home}/slipway/a/b\t`));
    expect(lines.slice(-2)).toEqual(['model\t{"name":"x"}', 'done\t0']);
    expect(readFileSync(join(home, 'asked'), 'utf8').split('\n')).toHaveLength(3);
  });

  test('every tool that is missing is named, and the rest is looked at all the same', async () => {
    const { refused, facts, lines } = await ask(shell, { docker: GOOD }, [
      'flock',
      'tar',
      'setsid',
    ]);
    expect(refused).toEqual(['tool-missing\tflock', 'tool-missing\ttar', 'tool-missing\tsetsid']);
    expect(facts).toContain('engine\t28.5.2');
    expect(lines.at(-1)).toBe('done\t1');
  });

  test('Docker is found where only shells with a login look', async () => {
    const home = folderWith();
    const bin = programs({ docker: GOOD });
    const { lines } = await talkOn({ shell, home }, await prepare('a'));
    expect(lines).toContain('refused\ttool-missing\tdocker');
    mkdirSync(join(home, '.local'));
    symlinkSync(bin, join(home, '.local/bin'));
    const found = await talkOn({ shell, home }, await prepare('a'));
    expect(found.lines).toContain(`fact\tdocker\t${home}/.local/bin/docker`);
    expect(found.lines.at(-1)).toBe('done\t0');
  });

  const DENIED = `case "$*" in info*) echo 'dial unix /var/run/docker.sock: connect: permission denied' >&2; exit 1;; *config*) echo '{}';; esac`;

  test('Docker for others only: the Compose files are read all the same', async () => {
    const { refused, lines } = await ask(shell, { docker: DENIED, id: 'echo ci' });
    expect(refused).toEqual([
      'docker-unavailable\tdial unix /var/run/docker.sock: connect: permission denied \tci\t',
    ]);
    expect(lines.slice(-2)).toEqual(['model\t{}', 'done\t1']);
  });

  test('Docker by sudo', async () => {
    const sudo = '[ "$1 $2" = "-n docker" ]';
    const { refused } = await ask(shell, { docker: DENIED, id: 'echo ci', sudo });
    expect(refused[0]).toMatch(/\tci\tsudo$/);
  });

  test('Docker and Compose refuse at once', async () => {
    const { refused } = await ask(shell, {
      docker: 'echo "no such thing" >&2; exit 1',
      'docker-compose': ':',
    });
    expect(refused).toEqual([
      expect.stringMatching(/^docker-unavailable\tno such thing \t/),
      expect.stringMatching(/^compose-missing\tdocker compose\t.*\/docker-compose$/),
    ]);
  });

  test('an archive that finds no room is told with what else is wrong', async () => {
    const tar = 'echo "tar: x: No space left on device" >&2; exit 2';
    const { refused, facts, lines } = await ask(shell, { docker: DENIED, tar });
    expect(refused.map((line) => line.split('\t')[0])).toEqual(['docker-unavailable', 'not-writable']); // prettier-ignore
    expect(refused[1]).toContain('No space left on device');
    expect(facts).not.toEqual([]);
    expect(lines.at(-1)).toMatch(/^refused\tnot-writable/);
  });
});
