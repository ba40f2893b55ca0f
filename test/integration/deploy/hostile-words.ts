import fc from 'fast-check';

/** Words that mean something to a shell, to YAML, to a terminal or to a workflow. Those that are run make the file `owned`. */
export function harm(owned: string): string[] {
  return [
    ...[`$(touch ${owned})`, `\`touch ${owned}\``, `;touch ${owned};`, `|touch ${owned}`, `\n touch ${owned}\n`],
    ...["'", '"', '\\', '$', '${', '}', '$$', '#', ' #', '\n', '\r', '\t', ' ', '=', ':', '-', '--', '%s', '*', '~', '!'],
    ...['é', '☃', '😀', '\u2028', '\u0085', '\u00a0', '\ufeff', '\u007f', '\u0001', '\u001b[31m', '\ufffe', '::error::x', '##[x]'],
  ]; // prettier-ignore
}

/** Texts of such words and of any others, without what an environment cannot hold: NUL, and line ends of Windows. */
export function hostileTexts(owned: string): fc.Arbitrary<string> {
  const bad = fc.constantFrom(...harm(owned));
  const part = fc.oneof(bad, bad, fc.string({ unit: 'binary', maxLength: 8 }));
  return fc
    .array(part, { maxLength: 12 })
    .map((parts) => parts.join('').replaceAll('\0', '').replaceAll('\r\n', '\n'));
}
