import { describe, expect, test } from '@jest/globals';
import { type DeploymentSubject, openDeployment } from '../../../src/github/deployments.ts';
import { commit, memory, payload, scene } from './scene.ts';

const { server, access } = scene();
const subject = (token?: string): DeploymentSubject => ({
  ...access(token),
  commit,
  environment: 'staging',
  payload,
});
const logUrl = 'https://github.com/acme/saas-chat/actions/runs/7';

describe('openDeployment', () => {
  test('is recorded with what it deploys, and each status', async () => {
    const { log, lines } = memory();
    const deployment = await openDeployment({ ...subject(), description: 'v1.2.0' }, log);
    await deployment.status('in_progress', { logUrl });
    await deployment.status('success', {
      description: 'x'.repeat(200),
      environmentUrl: 'https://staging.example.com',
      logUrl,
    });
    expect(server().repository.deployments).toMatchObject([
      {
        id: deployment.id,
        sha: commit,
        task: 'slipway',
        environment: 'staging',
        payload,
        description: 'v1.2.0',
        statuses: [
          {
            state: 'success',
            description: `${'x'.repeat(139)}…`,
            environment_url: 'https://staging.example.com',
            log_url: logUrl,
          },
          { state: 'in_progress', log_url: logUrl },
        ],
      },
    ]);
    expect(lines.filter((line) => line.startsWith('warning'))).toEqual([]);
  });

  test('without the permission there is one warning, which names it, and no error', async () => {
    const { log, lines } = memory();
    const deployment = await openDeployment(subject('reader'), log);
    await deployment.status('success');
    expect(deployment.id).toBeUndefined();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('warning: The deployment was not recorded');
    expect(lines[0]).toContain('Add "deployments: write" under "permissions:"');
    expect(server().requests).toHaveLength(1);
  });

  test.each([
    ['a token that is none', 'unknown', 'acme/saas-chat', 'does not accept the token'],
    ['a repository that it may not see', 'all', 'acme/other', 'deployments: write'],
  ])('%s', async (_, token, repository, said) => {
    const { log, lines } = memory();
    await openDeployment({ ...subject(token), repository }, log);
    expect(lines.join()).toContain(said);
  });

  test('a status that cannot be written is a warning', async () => {
    const { log, lines } = memory();
    const deployment = await openDeployment(subject(), log);
    server().faults.push({ on: 'POST /statuses', status: 422, message: 'Validation Failed' });
    await deployment.status('failure');
    expect(lines.at(-1)).toContain(
      `warning: The status failure of deployment ${deployment.id ?? ''}`,
    );
  });

  test.each([502, 429])('%s is tried again', async (status) => {
    const { log, lines } = memory();
    server().faults.push({ on: 'POST /deployments', status, times: 2 });
    expect((await openDeployment(subject(), log)).id).toBeDefined();
    expect(lines.join()).not.toContain('warning');
    expect(server().count('POST /deployments')).toBe(3);
  });

  test.each([
    [
      'the limit of requests',
      403,
      'API rate limit exceeded',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '0' },
    ],
    [
      'the secondary limit',
      403,
      'You have exceeded a secondary rate limit',
      { 'retry-after': '1' },
    ],
  ])('%s is kept to', async (_, status, message, headers) => {
    const { log, lines } = memory();
    server().faults.push({ on: 'POST /deployments', status, message, headers, times: 1 });
    expect((await openDeployment(subject(), log)).id).toBeDefined();
    expect(lines[0]).toContain("info: GitHub's rate limit is reached: trying again in");
  });

  test('nobody waits an hour for a limit', async () => {
    const { log, lines } = memory();
    const reset = String(Math.ceil(Date.now() / 1000) + 3600);
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    server().faults.push({
      on: 'POST /deployments',
      status: 403,
      message: 'API rate limit exceeded',
      headers,
    });
    await openDeployment(subject(), log);
    expect(server().count('POST /deployments')).toBe(1);
    expect(lines.join()).toContain("GitHub's rate limit is reached");
  });
});
