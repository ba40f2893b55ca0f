import type { Readable } from 'node:stream';

/** What gitleaks says at its end of what it has looked at. */
export interface Tally {
  /** Commits that change a line of a text. */
  readonly commits: number;
  /** Bytes of all lines that are added. */
  readonly bytes: number;
}

/** So much of a line is enough to know what it is. */
const HEAD = 80;

/**
 * Counts in a patch as gitleaks does (8.30.1, sources/git.go and detect/detect.go): files that are deleted or binary are nothing to it, nor
 * are a new name or mode alone. Bytes are compared, too, because it leaves out a file without a word when its reader does not understand
 * how git writes the name.
 */
export async function tallyOf(patch: Readable): Promise<Tally> {
  const counter = new Counter();
  let head = '';
  let length = 0;
  for await (const chunk of patch as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length;) {
      const end = chunk.indexOf('\n', at);
      const next = end < 0 ? chunk.length : end + 1;
      head += chunk.toString('latin1', at, Math.min(next, at + HEAD - head.length));
      length += next - at;
      at = next;
      if (end < 0) break;
      counter.add(head, length);
      head = '';
      length = 0;
    }
  }
  return counter;
}

class Counter implements Tally {
  commits = 0;
  bytes = 0;
  /** The current commit is among those that count. */
  #counted = false;
  #deleted = false;
  /** Lines that are still to come of the current hunk. */
  #minus = 0;
  #plus = 0;
  #added = false;

  /** @param length in bytes, with the line break */
  add(head: string, length: number): void {
    if (head.startsWith('\\')) {
      // "No newline at end of file" speaks of the line before it.
      if (this.#added) this.bytes -= 1;
      return;
    }
    if (this.#minus + this.#plus > 0) {
      this.#added = head.startsWith('+') && !this.#deleted;
      if (head.startsWith('+')) this.#plus -= 1;
      else this.#minus -= 1;
      if (this.#added) this.bytes += length - 1;
      return;
    }
    this.#added = false;
    if (head.startsWith('commit ')) this.#counted = false;
    else if (head.startsWith('diff ')) this.#deleted = false;
    else if (head.startsWith('deleted file ')) this.#deleted = true;
    else if (head.startsWith('@@ ')) this.#open(head);
  }

  /** Without context, as `-U0` asks for, each line of a hunk is taken away or added. */
  #open(head: string): void {
    const [, minus = '1', plus = '1'] = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(head) ?? [];
    this.#minus = Number(minus);
    this.#plus = Number(plus);
    if (this.#counted || this.#deleted) return;
    this.#counted = true;
    this.commits += 1;
  }
}
