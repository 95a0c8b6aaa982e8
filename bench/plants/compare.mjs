#!/usr/bin/env node
// Prints supervision and blind retry side by side:   AIOP=aiop node compare.mjs HOME BLIND_RETRY.json ATTEMPTS
// Plant-seconds are the wall time of plant processes, those of experiments and gates included.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const [home, retryFile, attempts] = process.argv.slice(2);
const plant = 'openapi-client';
const messages = fs.readFileSync(path.join(home, 'demo', plant, 'run.ndjson'), 'utf8').split('\n').filter(Boolean).map(JSON.parse);
const { summary } = messages.at(-1);
const retry = JSON.parse(fs.readFileSync(retryFile, 'utf8'));

const seconds = (items) => items.reduce((sum, item) => sum + (item.plant_ms ?? 0), 0) / 1000;
const experiments = messages.map((m) => m.experiment).filter((e) => e?.plant_ms > 0);
const count = (status) => summary.runs.filter((run) => run.status === status).length;
const decided = summary.decisions.filter((d) => d.outcome !== 'abstained').length;
const inRuns = seconds(summary.runs), inExperiments = seconds(experiments);
const steps = summary.runs.reduce((n, run) => n + run.steps_done, 0), redone = summary.runs.reduce((n, run) => n + run.steps_redone, 0);
const versions = JSON.parse(execFileSync(process.env.AIOP, ['--home', home, '--json', 'motor', 'versions', plant], { encoding: 'utf8' })).items;
if (retry.runs !== summary.runs.length) throw new Error(`${retry.runs} runs were retried, ${summary.runs.length} supervised`);

const rows = [
  ['', 'aiop', `blind retry (${attempts} attempts)`],
  ['runs', summary.runs.length, retry.runs],
  ['runs succeeded', count('SUCCESS'), retry.succeeded],
  ['runs paused, cause and evidence given', summary.runs.filter((r) => r.status === 'PAUSED' && r.decision).length, 0],
  ['runs failed without a cause given', summary.runs.filter((r) => r.status !== 'SUCCESS' && !r.decision).length, retry.runs - retry.succeeded],
  ['plant-seconds', (inRuns + inExperiments).toFixed(1), retry.plant_seconds.toFixed(1)],
  ['  of them in runs', inRuns.toFixed(1), retry.plant_seconds.toFixed(1)],
  ['  of them in experiments and gates', inExperiments.toFixed(1), '0.0'],
  ['plant-seconds per run that succeeded', ((inRuns + inExperiments) / Math.max(1, count('SUCCESS'))).toFixed(2), (retry.plant_seconds / Math.max(1, retry.succeeded)).toFixed(2)],
  ['steps done', steps, retry.steps],
  ['steps done a second time', redone, retry.steps_redone],
  ['causes found', `${decided} of ${summary.incidents.length} incidents`, 'none'],
  ['motor', versions.map((v) => v.version).sort().join(', '), 'unchanged'],
];
const width = [0, 1].map((column) => Math.max(...rows.map((row) => String(row[column]).length)) + 3);
for (const [what, ours, theirs] of rows) console.log(`${String(what).padEnd(width[0])}${String(ours).padStart(width[1] - 3)}   ${theirs}`);
