import { z } from 'zod';

const entrySchema = z.object({
  tx: z.string(),
  kind: z.enum(['deploy', 'rollback']),
  release: z.string(),
  outcome: z.string(),
  serving: z.string(),
  ended: z.string(),
  version: z.string().optional(),
  commit: z.string().optional(),
  by: z.string().optional(),
});

/** One line of the ledger, history.ndjson on the host. */
export type LedgerEntry = z.infer<typeof entrySchema>;

/** Reads lines of the ledger, oldest first; a line that a power cut tore is left out. */
export function parseLedger(lines: readonly string[]): LedgerEntry[] {
  return lines.flatMap((line) => {
    try {
      return [entrySchema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

/** The part of a ledger line that the runner knows, as the members of a JSON object without its braces. */
export function ledgerMembers(
  members: Readonly<Record<string, string | Readonly<Record<string, string>>>>,
): string {
  return JSON.stringify(members).slice(1, -1);
}
