import { readFileSync } from 'node:fs';

/**
 * The payload of this run's event, which nobody has checked; undefined where there is none that can be read, as on a machine without
 * GitHub. Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
export function eventPayload({ GITHUB_EVENT_PATH: path }: NodeJS.ProcessEnv): unknown {
  try {
    return JSON.parse(readFileSync(path ?? '', 'utf8'));
  } catch {
    return undefined;
  }
}
