import * as core from '@actions/core';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import { cell, code, table, writeSummary } from '../kit/summary.ts';
import { failWith } from '../kit/action.ts';
import type { ScanInputs } from './inputs.ts';
import { dockerfiles } from './dockerfiles.ts';
import { endingOf } from './outcome.ts';
import { annotationsOf } from './report/annotations.ts';
import { countsOf } from './report/finding.ts';
import { junitReport } from './report/junit.ts';
import type { Locate } from './report/location.ts';
import { type SarifFile, sarifFiles } from './report/sarif.ts';
import { formatScan } from './report/scan-file.ts';
import { scanSummary } from './report/summary.ts';
import { blindSpots, type ScanRun } from './run.ts';

/** Hands a SARIF file over; gives back where it is seen, or why it was not taken. */
export type Upload = (
  sarif: string,
) => Promise<{ readonly url: string } | { readonly refused: string }>;

/** What publishing needs beside the result. */
export interface Desk {
  readonly log: Log;
  readonly upload: Upload | undefined;
  readonly now: Date;
}

/** Writes all reports and tells the runner: files, outputs, annotations, summary, exit code. */
export async function publishScan(inputs: ScanInputs, run: ScanRun, desk: Desk): Promise<void> {
  const locate = dockerfiles(inputs.workspace, inputs.config);
  const ending = endingOf(run, inputs.databasePolicy);
  const sarif = sarifFiles(run.scans, run.verdicts, locate, run.version);
  const files = writeReports(inputs, run, sarif, desk.now);
  const notes = [...blindSpots(run.scans), ...sarif.flatMap((file) => file.notes)];
  const uploads = desk.upload === undefined ? [] : await handOver(sarif, desk.upload);
  const counts = countsOf(run.scans.flatMap(({ report }) => report.findings));
  const outputs = {
    outcome: ending.outcome,
    sentence: ending.sentence,
    failing: String(run.verdicts.reduce((sum, { failing }) => sum + failing.length, 0)),
    counts: JSON.stringify(counts),
    ...files,
  };
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  annotate(run, locate, notes, desk.log);
  await writeSummary([
    ...(run.scans.length > 0 ? scanSummary(run.scans, run.verdicts, run.unused) : []),
    ...problemBlocks(run),
    ...listOf([...notes, ...uploads]),
  ]);
  for (const line of uploads) desk.log.info(line);
  if (ending.code === 0) desk.log.info(`${ending.outcome}: ${ending.sentence}`);
  else failWith(ending.code, ending.sentence);
}

/** @returns the outputs that name the files, relative to the workspace */
function writeReports(
  { reports, reportsPath }: ScanInputs,
  run: ScanRun,
  sarif: readonly SarifFile[],
  now: Date,
): Readonly<Record<'scan' | 'sarif' | 'junit', string>> {
  mkdirSync(reportsPath, { recursive: true });
  const write = (name: string, text: string): string => {
    writeFileSync(join(reportsPath, name), text);
    return join(reports, name);
  };
  if (run.scans.length === 0) return { scan: '', sarif: '', junit: '' };
  const made = run.database?.state === 'unavailable' ? undefined : run.database?.updatedAt;
  const facts = { date: now, database: made, trivy: run.version };
  return {
    // A result that is not whole is no account of a release.
    scan: run.problems.length > 0 ? '' : write('scan.json', formatScan(run.scans, facts)),
    sarif: sarif
      .map(({ text }, index) => write(index === 0 ? 'scan.sarif' : `scan-${index + 1}.sarif`, text))
      .join('\n'),
    junit: write('junit.xml', junitReport(run.scans, run.verdicts)),
  };
}

/** What became of the SARIF files, in words. That GitHub does not take them is no verdict about what was scanned. */
async function handOver(sarif: readonly SarifFile[], upload: Upload): Promise<string[]> {
  const lines = new Set<string>();
  for (const { text } of sarif) {
    try {
      const uploaded = await upload(text);
      if ('refused' in uploaded) return [`${NOT_THERE} ${uploaded.refused}`];
      lines.add(`Code scanning: ${uploaded.url}`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return [`${NOT_THERE} ${error.message} ${error.fix} (${error.id})`];
    }
  }
  return [...lines];
}

const NOT_THERE = 'Code scanning has no results of this scan:';

function annotate(run: ScanRun, locate: Locate, notes: readonly string[], log: Log): void {
  const { shown, note } = annotationsOf(run.scans, run.verdicts, locate);
  for (const { level, title, message, at } of shown) {
    const place = at && { file: at.path, startLine: at.line, endLine: at.endLine ?? at.line };
    core[level](message, { title, ...place });
  }
  if (note !== undefined) log.info(note);
  for (const { target, problem } of run.problems) log.error(`${target.name}: ${describe(problem)}`);
  for (const text of notes) log.warning(text);
  for (const state of [run.database, run.java])
    if (state !== undefined && state.state !== 'ready')
      log.warning(describe(new UserError(state.problem)));
  for (const { where, id } of run.unused)
    log.notice(`${where}: ${id} is ignored, and was not found.`);
}

/** What could not be scanned, and the database that could not be had: with the way out. */
function problemBlocks({ problems, database, java }: ScanRun): string[] {
  const states = [database, java].flatMap((one) =>
    one === undefined || one.state === 'ready' ? [] : [one.problem],
  );
  const all = [...problems.map(({ problem }) => problem), ...states];
  if (all.length === 0) return [];
  return [
    '### Not everything could be looked at',
    table(
      ['What', 'Why', 'Fix'],
      all.map(({ id, message, value, fix }) => [
        code(value ?? id),
        `${cell(message)} ${code(id)}`,
        cell(fix),
      ]),
    ),
  ];
}

function listOf(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [lines.map((line) => `- ${cell(line)}`).join('\n')];
}
