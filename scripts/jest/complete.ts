interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

/** A reporter that fails a run which skipped a test or ran none: green means all of it was tried. */
export default class Complete {
  readonly #filtered: boolean;
  #complaint = '';

  constructor({ testNamePattern }: { readonly testNamePattern?: string }) {
    this.#filtered = Boolean(testNamePattern);
  }

  onRunComplete(_contexts: unknown, counts: Counts): void {
    const skipped = counts.numPendingTests + counts.numTodoTests;
    if (counts.numPassedTests + counts.numFailedTests === 0) this.#complaint = 'No test ran.';
    else if (skipped > 0 && !this.#filtered) this.#complaint = `${skipped} test(s) were skipped.`;
    if (this.#complaint !== '') console.error(this.#complaint);
  }

  getLastError(): Error | undefined {
    return this.#complaint === '' ? undefined : new Error(this.#complaint);
  }
}
