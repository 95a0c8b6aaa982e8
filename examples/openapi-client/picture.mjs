#!/usr/bin/env node
// The final picture of the demo, from what `aiop --json` printed.   node picture.mjs DIR APPS.json
// Reads run.ndjson (the last line is the summary), incidents, decisions, changes, versions, changelog and runs (.json).
import fs from 'node:fs';
import path from 'node:path';

const [dir, appsFile] = process.argv.slice(2);
const bold = (s) => (process.stdout.isTTY ? `\x1b[1m${s}\x1b[0m` : s);

function parse(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}
function read(name) {
  const file = path.join(dir, name);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}
function list(name) {
  const value = parse(read(name));
  return Array.isArray(value) ? value : value?.items ?? value?.entries ?? value?.versions ?? [];
}
const short = (id) => String(id ?? '').slice(-8);
const line = (...parts) => console.log(parts.join(''));
const wrap = (text, indent, width = 110) => {
  const out = [''];
  for (const word of String(text).split(/\s+/)) {
    if ((out.at(-1) + word).length + indent > width && out.at(-1)) out.push('');
    out[out.length - 1] += (out.at(-1) ? ' ' : '') + word;
  }
  return out.join(`\n${' '.repeat(indent)}`);
};
const list3 = (items) => (items.length ? items.join(', ') : 'none');
const textOf = (v) => (typeof v === 'string' ? v : v?.text ?? v?.summary ?? v?.because ?? v?.hypothesis ?? JSON.stringify(v));

const messages = read('run.ndjson').split('\n').map(parse).filter(Boolean);
const summary = messages.findLast?.((m) => m.summary)?.summary ?? messages.map((m) => m.summary).filter(Boolean).pop() ?? {};
const runs = summary.runs?.length ? summary.runs : list('runs.json');
const decisions = list('decisions.json').length ? list('decisions.json') : summary.decisions ?? [];
const incidents = list('incidents.json');
const changes = list('changes.json').length ? list('changes.json') : summary.changes ?? [];
const known = Object.fromEntries((parse(fs.readFileSync(appsFile, 'utf8'))?.apps ?? []).map((a) => [a.name, a]));
const name = (run) => run.app ?? run.app_name ?? run.app_ctx?.split('@')[0] ?? '?';
const decisionOf = (run) => decisions.filter((d) => (d.run_ids ?? []).includes(run.id));

line('\n', bold('The runs'));
const width = Math.max(...runs.map((r) => name(r).length), 4) + 2;
line('  ', 'app'.padEnd(width), 'style'.padEnd(8), 'ended'.padEnd(9), 'motor'.padEnd(8), 'steps done/redone  ', 'decided');
for (const run of [...runs].sort((a, b) => Object.keys(known).indexOf(name(a)) - Object.keys(known).indexOf(name(b)))) {
  const why = [...new Set(decisionOf(run).map((d) => d.category ?? d.classification))].join(', ');
  const because = run.paused_because ? ` (waits for: ${run.paused_because})` : '';
  line('  ', name(run).padEnd(width), String(run.profile ?? '').padEnd(8), String(run.status).padEnd(9),
    String(run.motor ?? '').replace(/^.*@|\+.*$/g, '').padEnd(8), `${run.steps_done ?? '?'}/${run.steps_redone ?? '?'}${run.resumed ? ' resumed' : ''}`.padEnd(19), why, because);
}

line('\n', bold('The incidents and what was decided'));
const seen = new Set();
for (const decision of decisions) {
  const incident = incidents.find((i) => i.id === decision.incident_id);
  seen.add(decision.incident_id);
  line('\n  ', bold(`${decision.category ?? '?'}`), `  ${decision.classification ?? ''}  confidence ${decision.confidence ?? '?'}`,
    `  ${decision.outcome ?? ''}  [decision ${short(decision.decision_id)}]`);
  const symptom = incident?.title ?? incident?.template ?? incident?.fingerprint_text ?? incident?.details;
  if (symptom) line('    symptom:   ', wrap(textOf(symptom), 15));
  line('    apps:      ', wrap(list3(decision.apps ?? incident?.apps ?? []), 15));
  for (const item of decision.evidence ?? []) line('    evidence:  ', wrap(textOf(item.fact ?? item), 15));
  for (const item of decision.rejected ?? []) line('    ruled out: ', wrap(typeof item === 'string' ? item : `${item.hypothesis ?? item.category ?? ''}: ${item.why ?? item.because ?? ''}`, 15));
  if (decision.policy) line('    rule:      ', decision.rule ? `${decision.rule} of ` : '', decision.policy);
  for (const step of [].concat(decision.plan ?? [])) line('    plan:      ', wrap(textOf(step), 15));
  if (decision.cost !== undefined) line('    cost:      ', `${decision.cost.experiments ?? '?'} plants started, ${((decision.cost.plant_ms ?? 0) / 1000).toFixed(1)} s`);
}
for (const incident of incidents.filter((i) => !seen.has(i.id))) {
  line('\n  not decided  ', wrap(textOf(incident.title ?? incident.template ?? incident.id), 15));
}

const experiments = messages.map((m) => m.experiment).filter(Boolean);
if (experiments.length) {
  const onSpecs = (e) => ['declared', 'validators'].includes(e.kind);
  line('\n', bold(`The experiments (${experiments.filter((e) => !onSpecs(e)).length} with a plant, listed; ${experiments.filter(onSpecs).length} on specs alone)`));
  for (const e of experiments.filter((e) => !onSpecs(e))) line('  ', `${e.kind ?? e.question ?? '?'}  ${e.app ?? ''}  ${String(e.motor ?? '').replace(/\+.*$/, '')}  -> ${e.outcome ?? e.result ?? e.verdict ?? '?'}`);
}

line('\n', bold('What was changed'));
if (!changes.length) line('  nothing');
for (const change of changes) {
  line('  ', `${change.status ?? change.state ?? '?'}  ${change.version ?? ''}  ${wrap(change.title ?? change.summary ?? change.source ?? '', 4)}  [change ${short(change.id)}]`);
}
for (const entry of list('changelog.json')) {
  line('  ', `motor ${entry.version ?? ''}: `, wrap(textOf(entry.summary ?? entry.title ?? entry.entry ?? entry), 4));
}

const count = (p) => runs.filter(p).length, sum = (k) => runs.reduce((n, r) => n + (Number(r[k]) || 0), 0);
const resumed = runs.filter((r) => r.resumed);
line('\n', bold('In figures'));
line(`  ${runs.length} runs: ${count((r) => r.status === 'SUCCESS')} succeeded, ${count((r) => r.status === 'PAUSED')} wait for a human, ${count((r) => r.status === 'FAILED')} failed`);
line(`  ${resumed.length} failed runs went on from their last checkpoint: ${resumed.filter((r) => r.status === 'SUCCESS').length} of them now succeed`);
line(`  ${sum('steps_done')} steps were done, ${sum('steps_redone')} of them a second time`);
const motor = decisions.filter((d) => /^MOTOR/.test(d.category ?? '')), app = decisions.filter((d) => /^APP/.test(d.category ?? ''));
line(`  ${decisions.length} decisions: ${motor.length} on the motor, ${app.length} on an app, ${decisions.length - motor.length - app.length} on neither alone; `,
  `${changes.filter((c) => (c.status ?? c.state) === 'promoted').length} motor change(s) promoted`);
line('  Nothing here was planted: documents and generator are as published.\n');
