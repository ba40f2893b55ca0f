import type { Line } from '../host/protocol.ts';

/** What a host said of itself while it prepared: names and values, as src/host/program/15-preflight.sh gathers them. */
export class HostFacts {
  readonly #lines = new Map<string, string[][]>();

  /** @param nowMs when the line came: the host's clock is held against it */
  add({ fields: [name = '', ...values] }: Line, nowMs: number): void {
    const line = name === 'clock' ? [...values, String(nowMs)] : values;
    this.#lines.set(name, [...(this.#lines.get(name) ?? []), line]);
  }

  /** The value of a fact; undefined when the host did not say, or had nothing to say. */
  get(name: string): string | undefined {
    const value = this.#lines.get(name)?.[0]?.[0];
    return value === '' ? undefined : value;
  }

  /** A fact that is a number; undefined when it is none. */
  number(name: string): number | undefined {
    const value = Number(this.get(name) ?? NaN);
    return Number.isFinite(value) ? value : undefined;
  }

  /** Every line of a fact. */
  all(name: string): readonly (readonly string[])[] {
    return this.#lines.get(name) ?? [];
  }

  /** What the host's kernel could give away without swapping, in bytes. */
  memoryFree(): number | undefined {
    const kib = this.number('memory-free');
    return kib === undefined ? undefined : kib * 1024;
  }

  /** How far the host's clock is from the runner's, in seconds; positive when it is ahead. */
  clockAheadS(): number {
    const [seconds, nowMs] = this.all('clock')[0] ?? [];
    return seconds === undefined || nowMs === undefined || !/^\d+$/.test(seconds)
      ? 0
      : Math.round(Number(seconds) - Number(nowMs) / 1000);
  }
}

/** A file system of the host, in KiB or in inodes. */
export interface Room {
  /** The folder that was asked about. */
  readonly place: string;
  readonly total: number;
  readonly free: number;
}

/** The file systems of Docker's data and of the release, in this order, by one row each of `df -P`. */
export function roomOf(facts: HostFacts, unit: 'k' | 'i'): Room[] {
  return facts.all(`df-${unit}`).flatMap(([place = '', row = '']) => {
    const found = /\s(\d+)\s+\d+\s+(\d+)\s+(?:\d+%|-)\s/.exec(row);
    // Some file systems have no fixed number of inodes, and say 0.
    return found && Number(found[1]) > 0
      ? [{ place, total: Number(found[1]), free: Number(found[2]) }]
      : [];
  });
}
