/** Seconds of two ways to do the same. */
export interface Pair {
  readonly left: number;
  readonly right: number;
}

/** How long something takes, in seconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** Runs both ways `count` times. Whoever comes second has no advantage: the order alternates. */
export async function paired(
  count: number,
  left: () => Promise<unknown>,
  right: () => Promise<unknown>,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let pair = 0; pair < count; pair += 1) {
    if (pair % 2 === 0) pairs.push({ left: await timed(left), right: await timed(right) });
    else {
      const second = await timed(right);
      pairs.push({ left: await timed(left), right: second });
    }
  }
  return pairs;
}

/** Prints the medians of both, of the difference, and of the ratio. */
export function show(title: string, left: string, right: string, pairs: readonly Pair[]): void {
  const seconds = (of: (pair: Pair) => number): string => `${median(pairs.map(of)).toFixed(2)} s`;
  const difference = seconds((pair) => pair.left - pair.right);
  const ratio = median(pairs.map((pair) => pair.left / pair.right)).toFixed(2);
  console.log(
    `${title}: ${left} ${seconds((pair) => pair.left)}, ${right} ${seconds((pair) => pair.right)}; difference ${difference}, ratio ${ratio}`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
