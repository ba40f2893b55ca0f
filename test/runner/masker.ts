import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Collects a step's output as the runner shows it: `::add-mask::` is obeyed and never shown, masked values become `***`. */
export class LogMasker {
  readonly #masks = new Set<string>();
  readonly #lines: string[] = [];
  readonly #onLine: ((line: string) => void) | undefined;

  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  async read(stream: Readable): Promise<void> {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity }))
      this.#take(line);
  }

  text(): string {
    return this.#lines.join('\n');
  }

  /** A text without the masked values. */
  hide(text: string): string {
    let shown = text;
    for (const value of this.#masks) shown = shown.replaceAll(value, '***');
    return shown;
  }

  #take(line: string): void {
    const mask = /^::add-mask::(.*)$/.exec(line.trimStart())?.[1];
    if (mask !== undefined) {
      const value = mask.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
      for (const part of [value, ...value.split(/\r?\n/)])
        if (part.trim() !== '') this.#masks.add(part);
      return;
    }
    const shown = this.hide(line);
    this.#lines.push(shown);
    this.#onLine?.(shown);
  }
}
