import type { SmokeCheck } from '../../../src/config/schema.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import type { Log } from '../../../src/kit/log.ts';
import type { ReleaseRecord } from '../../../src/release/record.ts';
import { smoke, type SmokePlan, type SmokeResult } from '../../../src/smoke/smoke.ts';

export const REVISION = 'a'.repeat(40);
export const OLD_REVISION = 'b'.repeat(40);

export const record: ReleaseRecord = {
  schema: 1,
  id: '20261121T083500Z-aaaaaaa',
  app: 'hello',
  commit: REVISION,
  ref: 'refs/heads/main',
  created: '2026-11-21T08:35:00Z',
  services: { web: { image: `registry.example/web@sha256:${'0'.repeat(64)}`, revision: REVISION } },
};

export const health: SmokeCheck = {
  get: '/health',
  service: 'web',
  expect: { json: { status: 'healthy', revision: '${service.revision}' } },
};

export function planFor(url: string, plan: Partial<SmokePlan> = {}): SmokePlan {
  const base = { checks: [health], record, consecutive: 3, timeoutMs: 300, intervalMs: 10 };
  return { url, ...base, ...plan };
}

/** Runs a plan for real, and keeps what it told. */
export async function prove(plan: SmokePlan): Promise<SmokeResult & { told: string[] }> {
  const told: string[] = [];
  const tell = (text: string): void => void told.push(text);
  const log: Log = {
    info: tell,
    foreign: (label, line) => {
      tell(`${label} | ${line}`);
    },
    notice: tell,
    warning: (text) => {
      tell(`warning: ${text}`);
    },
    error: tell,
    group: (_, work) => work(),
  };
  return { ...(await smoke(plan, { clock: systemClock, log })), told };
}
