import * as core from '@actions/core';

/**
 * Hides a secret in the log: as a whole and each of its lines, since the runner compares line by line.
 * Lines shorter than four characters would blank out half of the log and hide nothing; they are left.
 */
export function mask(secret: string): void {
  for (const part of new Set([
    secret.trim(),
    ...secret.split(/\r?\n/).map((line) => line.trim()),
  ])) {
    if (part.length >= 4) core.setSecret(part);
  }
}
