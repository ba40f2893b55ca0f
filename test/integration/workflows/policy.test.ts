import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  actions,
  checkout,
  documents,
  type Job,
  jobsOf,
  own,
  shipped,
  shippedWorkflow,
  slipway,
} from './shipped.ts';

const pins = JSON.parse(readFileSync(join(checkout, 'scripts/pins.json'), 'utf8')) as {
  readonly actions: Readonly<
    Record<string, { readonly version: string; readonly commit: string } | undefined>
  >;
};

/** Every `uses:` of a text, with its comment. */
function usesOf(text: string): { uses: string; comment: string }[] {
  return [...text.matchAll(/^\s*(?:- )?uses: +(\S+)(?: +# *(.*))?$/gm)].map(
    ([, uses = '', comment = '']) => ({ uses, comment }),
  );
}

/** What is wrong with a reference; undefined when nothing is. */
function wrong({ uses, comment }: { uses: string; comment: string }): string | undefined {
  if (/^\.\/\.github\/workflows\/[a-z-]+\.yml$/.test(uses)) return undefined;
  const [path = '', ref = ''] = uses.split('@');
  if (path === slipway || path.startsWith(`${slipway}/actions/`))
    return ref === 'v1' ? undefined : `${uses}: users take the tag v1`;
  const pin = pins.actions[path];
  if (!pin) return `${uses}: not in scripts/pins.json`;
  return ref === pin.commit && comment === pin.version
    ? undefined
    : `${uses} # ${comment}: the pin is ${pin.commit} # ${pin.version}`;
}

/** Jobs that run steps, which is what most rules are about. */
const stepJobs = [...shipped, ...own].flatMap(({ path, content }) =>
  jobsOf(content).flatMap(([id, job]): [string, Job][] =>
    job.steps ? [[`${path}: ${id}`, job]] : [],
  ),
);

/** Jobs that call another workflow, with the jobs that are called. */
const calls = shipped.flatMap(({ path, content }) =>
  jobsOf(content).flatMap(([id, job]) =>
    job.uses === undefined
      ? []
      : jobsOf(shippedWorkflow(basename(job.uses, '.yml'))).map(([callee, called]) => ({
          name: `${path}: ${id} -> ${callee}`,
          job,
          called,
        })),
  ),
);

describe('references', () => {
  test.each(
    [...shipped, ...own, ...actions, ...documents].map(
      ({ path, text }) => [path, usesOf(text)] as const,
    ),
  )('%s uses only what is pinned', (_, references) => {
    expect(references.flatMap((reference) => wrong(reference) ?? [])).toEqual([]);
  });

  test('every way to write `uses` is seen', () => {
    const seen = shipped.flatMap(({ text }) => usesOf(text).map(({ uses }) => uses));
    const parsed = shipped.flatMap(({ content }) =>
      jobsOf(content).flatMap(([, { uses, steps = [] }]) => [
        uses,
        ...steps.map((step) => step.uses),
      ]),
    );
    expect(seen.sort()).toEqual(parsed.filter((uses) => uses !== undefined).sort());
  });

  test.each([
    'actions/checkout@v7',
    'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b2',
    'some/action@3d3c42e5aac5ba805825da76410c181273ba90b1',
    `${slipway}@main`,
  ])('%s would be refused', (uses) => {
    expect(wrong({ uses, comment: 'v7.0.1' })).toBeDefined();
  });

  test("zizmor's policy speaks of the same project", () => {
    const policy = readFileSync(join(checkout, '.github/zizmor.yml'), 'utf8');
    expect([...policy.matchAll(/^ +(\S+): ref-pin$/gm)].map(([, pattern]) => pattern)).toEqual([
      slipway,
      `${slipway}/*`,
    ]);
  });
});

test('docs/workflows.md names every secret and variable', () => {
  const guide = documents.find(({ path }) => path === 'docs/workflows.md');
  const used = shipped.flatMap(({ text }) =>
    [...text.matchAll(/\b(?:secrets|vars)\.([A-Z_]+)/g)].map(([, name = '']) => name),
  );
  expect(used.length).toBeGreaterThan(0);
  for (const name of used) expect(guide?.text).toContain(`\`${name}\``);
});

describe('permissions', () => {
  test.each([...shipped, ...own].map(({ path, content }) => [path, content] as const))(
    '%s grants nothing to all jobs',
    (_, { permissions }) => {
      expect(permissions).toEqual({});
    },
  );

  test.each([...shipped, ...own].map(({ path, text }) => [path, text]))(
    '%s gives a reason for each',
    (_, text) => {
      const granted = text.split('\n').filter((line) => /^ +[a-z-]+: (read|write)\b/.test(line));
      expect(granted.filter((line) => !/: (read|write) # \S/.test(line))).toEqual([]);
    },
  );

  test.each(calls.map(({ name, job, called }) => [name, job, called] as const))(
    '%s: the caller grants what is needed',
    (_, job, called) => {
      expect(called.permissions).toBeDefined();
      for (const [scope, level] of Object.entries(called.permissions ?? {})) {
        const enough = level === 'write' ? ['write'] : ['read', 'write'];
        expect({ scope, enough }).toEqual({
          scope,
          enough: expect.arrayContaining([job.permissions?.[scope]]) as unknown,
        });
      }
    },
  );

  test('pipeline.yml calls what it releases with', () => {
    expect(calls).toHaveLength(2);
  });
});

describe('jobs', () => {
  test.each(stepJobs)('%s: a pinned runner, a deadline and grants of its own', (_, job) => {
    expect(job['runs-on']).toBe('ubuntu-24.04');
    expect(job['timeout-minutes']).toBeGreaterThan(0);
    expect(job.permissions).toBeDefined();
  });

  test.each(stepJobs)('%s: a checkout leaves no credentials behind', (_, { steps = [] }) => {
    for (const step of steps)
      if (step.uses?.startsWith('actions/checkout@'))
        expect(step.with?.['persist-credentials']).toBe(false);
  });
});

// What follows is ignored by act, so it is held here and not claimed to have been run.
describe('releases and rollbacks', () => {
  const release = shippedWorkflow('release').jobs.release;
  const rollback = shippedWorkflow('rollback').jobs.rollback;
  const { detect, build, scan, record, staging, gate, promote, production } =
    shippedWorkflow('pipeline').jobs;

  test('a push to main goes to staging, a tag v* to production, and nothing else starts the pipeline', () => {
    expect(shippedWorkflow('pipeline').on).toEqual({ push: { branches: ['main'], tags: ['v*'] } });
    expect(detect?.if).toBe("github.ref == 'refs/heads/main'");
    expect([gate?.if, promote?.if, production?.if]).toEqual(
      Array(3).fill("startsWith(github.ref, 'refs/tags/v')"),
    );
    expect([promote?.needs, production?.needs]).toEqual(['gate', 'promote']);
    expect(staging?.with).toEqual({ environment: 'staging' });
    expect(production?.with).toEqual({
      environment: 'production',
      version: '${{ github.ref_name }}',
    });
  });

  test('what changed is built in as many legs; with nothing to build, there is a release all the same', () => {
    expect(build?.strategy?.matrix).toBe('${{ fromJSON(needs.detect.outputs.matrix) }}');
    expect(build?.if).toBe("needs.detect.outputs.any == 'true'");
    expect(scan?.needs).toEqual(['detect', 'build']);
    expect(scan?.if).toContain("needs.build.result != 'failure'");
    // GitHub skips what comes after a skipped job unless it has a condition of its own.
    for (const job of [scan, record, staging]) expect(job?.if).toContain('!cancelled()');
    expect(staging?.if).toContain("needs.record.result == 'success'");
  });

  test('nothing is recorded, and so nothing released, that was not scanned', () => {
    expect(record?.needs).toEqual(['detect', 'build', 'secrets', 'scan']);
    for (const job of ['secrets', 'scan'])
      expect(record?.if).toContain(`needs.${job}.result == 'success'`);
  });

  test('what was proven on staging is what goes to production, and it is waited for', () => {
    expect(promote?.steps?.map(({ with: inputs }) => inputs?.promote)).toContain('staging');
    expect(promote?.permissions).toMatchObject({ deployments: 'read', actions: 'read' });
  });

  test('a release belongs to its environment, and a rollback to one of its own', () => {
    // GitHub's own deployment would be a success whenever the job is green; Slipway writes a truthful one.
    expect(release?.environment).toEqual({ name: '${{ inputs.environment }}', deployment: false });
    expect(rollback?.environment).toBe('${{ inputs.environment }}-rollback');
    expect(Object.keys(shippedWorkflow('rollback').on)).toEqual(['workflow_dispatch']);
    expect(shippedWorkflow('rollback').on.workflow_dispatch?.inputs?.environment?.options).toEqual([
      'staging',
      'production',
    ]);
  });

  test('each environment has a group; nothing is cancelled half-way', () => {
    expect(release?.concurrency).toEqual({
      group: 'release-${{ inputs.environment }}',
      'cancel-in-progress': false,
    });
    expect(rollback?.concurrency?.['cancel-in-progress']).toBe(false);
  });

  test('a rollback waits for no release', () => {
    const groupsOf = (names: readonly string[]): string[] =>
      names.flatMap((name) => {
        const workflow = shippedWorkflow(name);
        return [workflow, ...Object.values(workflow.jobs)].flatMap(
          ({ concurrency }) => concurrency?.group ?? [],
        );
      });
    // Written with its fixed beginning, a group can only equal another that begins alike.
    const prefixes = groupsOf(['pipeline', 'release']).map((group) => group.split('${{')[0]);
    expect(prefixes).toEqual(['release-']);
    expect(groupsOf(['rollback'])).toEqual(['rollback-${{ inputs.environment }}']);
  });

  test.each(calls.map(({ name, job }) => [name, job] as const))(
    '%s: secrets go by name, each under its own, to where they are declared',
    (_, job) => {
      const declared = Object.keys(shippedWorkflow('release').on.workflow_call?.secrets ?? {});
      for (const [name, value] of Object.entries(job.secrets ?? {})) {
        expect(value).toBe(`\${{ secrets.${name} }}`);
        expect(declared).toContain(name);
      }
      const [own, other] = job === staging ? ['STAGING', 'PRODUCTION'] : ['PRODUCTION', 'STAGING'];
      expect(Object.keys(job.secrets ?? {})).toEqual([
        `${own}_SSH_KEY`,
        `${own}_ENV`,
        'REGISTRY_PASSWORD',
      ]);
      expect(JSON.stringify(job.secrets)).not.toContain(other);
    },
  );
});
