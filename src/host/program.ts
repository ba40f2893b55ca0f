import { readFileSync } from 'node:fs';

/**
 * The parts of the host program in their order. One literal URL each, handed straight to node:fs: only then does ncc carry the files
 * into the bundle.
 */
const PARTS = [
  new URL('./program/10-core.sh', import.meta.url),
  new URL('./program/15-preflight.sh', import.meta.url),
  new URL('./program/20-prepare.sh', import.meta.url),
  new URL('./program/30-nginx.sh', import.meta.url),
  new URL('./program/40-replace.sh', import.meta.url),
  new URL('./program/45-adopt.sh', import.meta.url),
  new URL('./program/50-activate.sh', import.meta.url),
  new URL('./program/90-serve.sh', import.meta.url),
];

/** The host program as one text. */
export function hostProgram(): string {
  return PARTS.map((part) => readFileSync(part, 'utf8')).join('\n');
}

/**
 * The one remote command, the same for every call and made of nothing but itself, whatever the login shell: it reads the program's
 * length and the program from stdin. `sh -s` would read ahead into the data that follows and run it; so would busybox's `head -c`.
 */
export const BOOTSTRAP = `exec sh -c 'IFS= read -r n && p=$(dd bs="\${n##*#}" count=1 iflag=fullblock 2>/dev/null) && eval "$p"'`;

/**
 * What goes into stdin first. Its first line is for a shell that a login file has put in the place of our command (`exec zsh`): it
 * would run the program line by line, and ends here instead.
 */
export function bootstrapInput(program: string): Buffer {
  const bytes = Buffer.from(program);
  return Buffer.concat([Buffer.from(`exit 97 #${bytes.length}\n`), bytes]);
}
