import * as core from '@actions/core';
import { safeLine } from './text.ts';

/** Text inside a Markdown table cell or sentence: nothing of it is taken for markup. */
export function cell(text: string): string {
  return safeLine(text).replace(/[\\`*_[\]<>|~#!]/g, '\\$&');
}

/** Text in code type, whatever it holds; nothing for an empty one, which Markdown cannot show as code. */
export function code(text: string): string {
  const safe = safeLine(text).replaceAll('|', '\\|');
  if (safe === '') return '';
  const fence = '`'.repeat(
    Math.max(0, ...[...safe.matchAll(/`+/g)].map(([run]) => run.length)) + 1,
  );
  return fence.length > 1 || safe.startsWith('`')
    ? `${fence} ${safe} ${fence}`
    : `${fence}${safe}${fence}`;
}

/** A Markdown table; cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A folded block of lines that somebody else wrote. */
export function details(title: string, lines: readonly string[]): string {
  const body = lines.map((line) => safeLine(line)).join('\n');
  const fence = '`'.repeat(
    Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length)) + 1,
  );
  // GitHub reads the title as HTML, where a backslash escapes nothing.
  const safe = safeLine(title).replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<details><summary>${safe}</summary>\n\n${fence}text\n${body}\n${fence}\n\n</details>`;
}

/** Appends blocks of Markdown to the step's summary; where there is none (no GitHub), nothing happens. */
export async function writeSummary(blocks: readonly string[]): Promise<void> {
  if (!process.env.GITHUB_STEP_SUMMARY) return;
  await core.summary.addRaw(`${blocks.join('\n\n')}\n`).write();
}
