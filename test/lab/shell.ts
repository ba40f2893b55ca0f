import { randomUUID } from 'node:crypto';
import { type Running, start } from '../../src/kit/process.ts';
import { engineEnv } from './engine.ts';

/**
 * Reads, for each command: a mark, the numbers of lines of its script and of its input, and those lines. Says what the script said, the
 * mark, what one that failed complained of, the mark and the exit code.
 */
const LOOP = `
nl='
'
lines() {
  n=$1 text=
  while [ "$n" -gt 1 ]; do IFS= read -r line; text=$text$line$nl n=$((n - 1)); done
  IFS= read -r line
  text=$text$line
}
while read -r mark of_script of_input; do
  lines "$of_script"
  script=$text
  if [ "$of_input" -eq 0 ]; then
    sh -c "$script" </dev/null 2>"/run/lab-shell.$$"
  else
    lines "$of_input"
    printf %s "$text" | sh -c "$script" 2>"/run/lab-shell.$$"
  fi
  code=$?
  printf '\\n%s\\n' "$mark"
  [ "$code" -eq 0 ] || cat "/run/lab-shell.$$"
  printf '\\n%s %s\\n' "$mark" "$code"
done`;

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Shells in a container that stay, as many as are asked at once: a command in one of them takes a tenth of the processor time of a
 * `docker exec`.
 */
export class Shells {
  readonly #container: string;
  readonly #all = new Set<Running>();
  readonly #idle = new Set<Running>();

  constructor(container: string) {
    this.#container = container;
  }

  /** Runs a shell line. Undefined when the container stopped meanwhile. */
  async run(script: string, input?: string): Promise<Answer | undefined> {
    const [shell = this.#open()] = this.#idle;
    this.#idle.delete(shell);
    const mark = randomUUID();
    const given = [script, ...(input === undefined ? [] : [input])];
    const lines = [script, input].map((text) => text?.split('\n').length ?? 0);
    shell.stdin.write([`${mark} ${lines.join(' ')}`, ...given, ''].join('\n'));
    const answer = await heard(shell, mark);
    if (answer && this.#all.has(shell)) this.#idle.add(shell);
    return answer;
  }

  /** Ends them all; whoever asks again gets new ones. */
  async close(): Promise<void> {
    const shells = [...this.#all];
    for (const shell of shells) shell.kill('SIGKILL');
    await Promise.all(shells.map(({ exit }) => exit));
  }

  #open(): Running {
    const shell = start('docker', ['exec', '-i', this.#container, 'sh', '-c', LOOP], {
      env: engineEnv,
    });
    shell.stdout.setEncoding('utf8');
    shell.stderr.resume();
    this.#all.add(shell);
    const forget = (): void => {
      this.#all.delete(shell);
      this.#idle.delete(shell);
    };
    shell.exit.then(forget, forget);
    return shell;
  }
}

/** What a shell says up to the mark and the exit code behind it. */
function heard({ stdout, exit }: Running, mark: string): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const hear = (more: string): void => {
      text += more;
      const end = new RegExp(`\n${mark} (\\d+)\n$`).exec(text);
      if (end === null) return;
      stdout.off('data', hear);
      const [said = '', complained = ''] = text.slice(0, end.index).split(`\n${mark}\n`);
      resolve({ code: Number(end[1]), stdout: said, stderr: complained });
    };
    stdout.on('data', hear);
    const ended = (): void => {
      resolve(undefined);
    };
    exit.then(ended, ended);
  });
}
