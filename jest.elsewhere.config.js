// What needs the internet as it is: no part of `npm test`. docs/unproven.md says what else nobody can test on one machine.
export default {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest/strip-types.ts' },
  testMatch: ['<rootDir>/test/elsewhere/**/*.test.ts'],
  testTimeout: 600_000,
  maxWorkers: 2,
  reporters: ['default', '<rootDir>/scripts/jest/complete.ts'],
};
