import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// The house, bottom floor first: a module may import only what stands before it.
const floors = ['kit', 'config', 'registry', 'release', 'remote', 'host', 'github', 'detect'];
const wings = ['checks', 'build', 'scan', 'deploy', 'smoke', 'backup', 'notify'];

// The wing that each action wires; `release`, the root action, is where they all meet. Those without one wire a floor.
const wired = {
  detect: [],
  'release-record': [],
  'run-checks': ['checks'],
  'secret-scan': ['scan'],
  'build-image': ['build'],
  'trivy-scan': ['scan'],
  'ssh-deploy': ['deploy'],
  'kubernetes-deploy': ['deploy'],
  'smoke-test': ['smoke'],
  rollback: ['deploy'],
  backup: ['backup'],
  restore: ['backup'],
  notify: ['notify'],
  release: wings,
};

const types = (...names) => ({ element: { types: { anyOf: names } } });
const allow = (from, ...to) => ({ from, allow: { to: types(...to) } });

const house = {
  plugins: { boundaries },
  settings: {
    'boundaries/elements': [
      ...[...floors, ...wings].map((name) => ({ type: name, pattern: `src/${name}` })),
      { type: 'action', pattern: 'actions/*', capture: ['name'] },
      { type: 'cli', pattern: 'cli' },
      { type: 'lab', pattern: 'test/{lab,runner}' },
      { type: 'test', pattern: 'test' },
      { type: 'scripts', pattern: 'scripts' },
    ],
  },
  rules: {
    'boundaries/no-unknown-files': 'error',
    'boundaries/dependencies': [
      'error',
      {
        default: 'disallow',
        message:
          'Imports run downwards only: {{from.element.type}} may not import {{to.element.type}}',
        policies: [
          ...floors.map((floor, height) => allow(types(floor), ...floors.slice(0, height))),
          allow(types(...wings, 'action', 'cli', 'test'), ...floors),
          allow(types('cli', 'test'), ...wings),
          ...Object.entries(wired).map(([name, its]) =>
            allow({ element: { type: 'action', captured: { name } } }, ...its),
          ),
          allow(types('lab'), 'kit', 'config', 'host', 'registry', 'release', 'lab'),
          allow(types('test'), 'action', 'cli', 'lab', 'scripts'),
          allow(types('scripts'), 'kit', 'config', 'release', 'scan'),
        ],
      },
    ],
  },
};

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'examples/', 'test/fixtures/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked, house],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
);
