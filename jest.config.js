const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest/strip-types.ts' },
};

export default {
  maxWorkers: 3, // on two cores: much of an integration test is waiting
  testTimeout: 300_000, // for a machine with other things to do; jest knows none per project
  reporters: ['default', '<rootDir>/scripts/jest/complete.ts'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/unit/**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
      globalSetup: '<rootDir>/test/lab/jest-setup.ts',
      globalTeardown: '<rootDir>/test/lab/jest-teardown.ts',
    },
  ],
};
