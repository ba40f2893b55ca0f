/** Prints how the tests went, by the JSON report of jest: "N passed, N failed[, N skipped]". */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  numRuntimeErrorTestSuites: z.number(), // files that failed before their first test
});

const [file = ''] = process.argv.slice(2);
const counts = report.parse(JSON.parse(readFileSync(file, 'utf8')));
const skipped = counts.numPendingTests + counts.numTodoTests;
const failed = counts.numFailedTests + counts.numRuntimeErrorTestSuites;
const parts = [`${counts.numPassedTests} passed`, `${failed} failed`];
if (skipped > 0) parts.push(`${skipped} skipped`);
console.log(parts.join(', '));
