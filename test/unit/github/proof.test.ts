import { describe, expect, test } from '@jest/globals';
import { parsePayload } from '../../../src/github/payload.ts';
import { awaitProof, proofOf, type ProofQuestion } from '../../../src/github/proof.ts';
import { FakeClock, problemIn } from '../kit/support.ts';
import { commit, memory, payload, scene } from './scene.ts';

const { server, access } = scene();
const question = (more: Partial<ProofQuestion> = {}): ProofQuestion => ({
  ...access(),
  commit,
  environment: 'staging',
  ...more,
});
const hash = payload.record;

/** A deployment as ssh-deploy has written it, and how it went. */
function deployed(states: readonly string[], more: object = {}): number {
  const deployment = server().repository.addDeployment({
    ref: commit,
    task: 'slipway',
    environment: 'staging',
    payload,
    ...more,
  });
  for (const state of states) server().repository.addStatus(deployment.id, { state });
  return deployment.id;
}

describe('proofOf', () => {
  const find = (more?: Partial<ProofQuestion>) => proofOf(question(more), memory().log);

  test('finds a success, with what was deployed', async () => {
    const id = deployed(['in_progress', 'success']);
    expect(await find({ hash })).toMatchObject({ deployment: id, payload });
    expect(await find()).toMatchObject({ deployment: id });
  });

  test('a success that is inactive by now is one', async () => {
    const first = deployed(['success']);
    deployed(['success'], { payload: { ...payload, record: `sha256:${'c'.repeat(64)}` } });
    expect(server().repository.deployments[1]?.statuses[0]?.state).toBe('inactive');
    expect(await find({ hash })).toMatchObject({ deployment: first });
  });

  test('a later failure does not take the proof away', async () => {
    const id = deployed(['success']);
    deployed(['in_progress', 'failure']);
    expect(await find({ hash })).toMatchObject({ deployment: id });
  });

  test('a payload that came back as text is read', async () => {
    deployed(['success'], { payload: JSON.stringify(payload) });
    expect(await find({ hash })).toMatchObject({ payload });
  });

  test.each<[string, readonly string[], object]>([
    ['no verdict', [], {}],
    ['a failure', ['in_progress', 'failure'], {}],
    ["GitHub's own record", ['success'], { task: 'deploy', payload: {} }],
    ['another task with our payload', ['success'], { task: 'deploy' }],
    ['another environment', ['success'], { environment: 'production' }],
    ['another commit', ['success'], { ref: 'f'.repeat(40) }],
    [
      'another record',
      ['success'],
      { payload: { ...payload, record: `sha256:${'c'.repeat(64)}` } },
    ],
    ['a payload of another kind', ['success'], { payload: { ...payload, slipway: 2 } }],
    ['a payload that is no JSON', ['success'], { payload: 'x' }],
  ])('%s is no proof', async (_, states, more) => {
    deployed(states, more);
    expect(await find({ hash })).toBeUndefined();
  });

  test('pages are turned', async () => {
    const id = deployed([
      ...Array.from({ length: 120 }, () => 'in_progress'),
      'success',
      ...Array.from({ length: 120 }, () => 'in_progress'),
    ]);
    for (let other = 0; other < 150; other += 1)
      deployed([], { payload: { ...payload, record: `sha256:${'c'.repeat(64)}` } });
    expect(await find({ hash })).toMatchObject({ deployment: id });
    expect(server().count('GET page=2')).toBe(2);
  });

  test('5xx is tried again, and said when it stays', async () => {
    deployed(['success']);
    server().faults.push({ on: 'GET /deployments', status: 503, times: 2 });
    expect(await find({ hash })).toBeDefined();
    server().faults.push({ on: 'GET /deployments', status: 500 });
    expect((await problemIn(find({ hash }))).id).toBe('github-failed');
  });

  test.each([
    ['nothing', 'deployments: read'],
    ['unknown', 'input token'],
  ])('a token %s is refused with the way out', async (token, fix) => {
    const problem = await problemIn(find({ ...access(token), hash }));
    expect(problem).toMatchObject({ id: 'github-denied', value: 'acme/saas-chat' });
    expect(problem.fix).toContain(fix);
  });
});

describe('awaitProof', () => {
  /** A clock on which something happens before the first pause is over. */
  class EventfulClock extends FakeClock {
    readonly event: () => void;
    constructor(event: () => void) {
      super();
      this.event = event;
    }
    override sleep(ms: number): Promise<void> {
      if (this.sleeps.length === 0) this.event();
      return super.sleep(ms);
    }
  }
  const wait = async (clock: FakeClock, more: Partial<ProofQuestion> = {}) => {
    const { log, lines } = memory();
    const found = await awaitProof(question({ hash, ...more }), 60_000, { log, clock });
    return { ...found, lines };
  };

  test('nothing is under way: nobody waits', async () => {
    deployed(['failure']);
    const clock = new FakeClock();
    const { proof, pending, seen } = await wait(clock);
    expect({ proof, pending }).toEqual({ proof: undefined, pending: undefined });
    expect(seen).toEqual([expect.stringMatching(/^deployment \d+ is failure$/)]);
    expect(clock.sleeps).toEqual([]);
  });

  test('a deployment in progress is waited for', async () => {
    const id = deployed(['in_progress']);
    const clock = new EventfulClock(() => {
      server().repository.addStatus(id, { state: 'success' });
    });
    const { proof, lines } = await wait(clock);
    expect(proof).toMatchObject({ deployment: id });
    expect(clock.sleeps).toEqual([10_000]);
    expect(lines.join()).toContain(`Waiting up to 1 m 00 s for deployment ${id} to staging`);
  });

  test('a run of this commit that has not begun to deploy is waited for', async () => {
    const run = { id: 7, head_sha: commit, status: 'queued' };
    server().repository.runs.push(run);
    const clock = new EventfulClock(() => {
      deployed(['success']);
      run.status = 'completed';
    });
    const { proof, lines } = await wait(clock);
    expect(proof).toBeDefined();
    expect(lines.join()).toContain('run 7 of this commit, which is queued');
  });

  test('not for ever', async () => {
    deployed(['in_progress']);
    const clock = new FakeClock();
    const { proof, pending } = await wait(clock);
    expect(proof).toBeUndefined();
    expect(pending).toContain('which is in_progress');
    expect(clock.time).toBe(60_000);
  });

  test('not for itself, nor for what is over, nor for what awaits an approval', async () => {
    process.env.GITHUB_RUN_ID = '7';
    server().repository.runs.push(
      { id: 7, head_sha: commit, status: 'in_progress' },
      { id: 8, head_sha: commit, status: 'completed' },
      { id: 9, head_sha: commit, status: 'waiting' },
      { id: 10, head_sha: 'f'.repeat(40), status: 'in_progress' },
    );
    const clock = new FakeClock();
    expect((await wait(clock)).pending).toBeUndefined();
    expect(clock.sleeps).toEqual([]);
    delete process.env.GITHUB_RUN_ID;
  });

  test('without the permission to see runs, this is said and deployments are still waited for', async () => {
    const id = deployed(['in_progress']);
    const clock = new EventfulClock(() => {
      server().repository.addStatus(id, { state: 'success' });
    });
    const { proof, lines } = await wait(clock, access('reader'));
    expect(proof).toBeDefined();
    expect(lines.filter((line) => line.includes('actions: read'))).toHaveLength(1);
    expect(server().count('GET /actions/runs')).toBe(1);
  });
});

test.each([null, 7, [], { slipway: 1 }, { ...payload, record: 'x' }, { ...payload, artifact: 7 }])(
  'the payload %j is not ours',
  (other) => {
    expect(parsePayload(other)).toBeUndefined();
  },
);
