import { UserError } from '../kit/errors.ts';
import type { Target } from './target.ts';

/** The tokens that ssh replaces in a ProxyCommand (ssh_config(5), TOKENS). */
const TOKENS = 'hnpr%';

/**
 * A command through which ssh reaches the first host on its way. It runs on the runner through a shell, so it is trusted text of the
 * workflow; what is refused here would only end in words of ssh that nobody understands.
 * @throws UserError `bad-proxy-command`
 */
export function readProxyCommand(text: string): string {
  const bad = (message: string, fix: string): UserError =>
    new UserError({ id: 'bad-proxy-command', message, value: text, fix });
  if (/[\r\n\0]/.test(text))
    throw bad('The proxy command has more than one line.', 'Write it in one line.');
  const token = [...text.matchAll(/%(.?)/g)].find(
    ([, name = '']) => !name || !TOKENS.includes(name),
  );
  if (token)
    throw bad(
      `ssh knows no ${token[0]} in a proxy command.`,
      'Write %h for the host, %p for its port, %r for the user, and %% for a percent sign.',
    );
  if (!balanced(text))
    throw bad(
      'The quotes of the proxy command do not close.',
      'Close each quote, or put a backslash before one that is meant literally.',
    );
  return text;
}

/** Whether ssh can split a line into words: what it does with every value, though it hands this one on as it is (argv_split, misc.c). */
function balanced(text: string): boolean {
  let open = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\' && `'"\\${open === '' ? ' ' : ''}`.includes(text.charAt(at + 1) || '-'))
      at += 1;
    else if (open === '' && (char === "'" || char === '"')) open = char;
    else if (char === open) open = '';
  }
  return open === '';
}

/**
 * A ProxyCommand that runs a program with these arguments. They pass ssh's tokens, its check of quotes (which takes a backslash for an
 * escape even between single quotes) and a shell: a backslash before whatever is special means the same to all three.
 */
export function asProxyCommand(args: readonly string[]): string {
  return args
    .map((arg) => arg.replaceAll(/[^\w./:@=,\u0080-\uffff-]/g, '\\$&') || "''")
    .join(' ')
    .replaceAll('%', '%%');
}

/** Where the jump host is asked to connect to, as ssh's -W wants it. */
export function forwardTo({ host, port }: Target): string {
  return `[${host}]:${port}`;
}
