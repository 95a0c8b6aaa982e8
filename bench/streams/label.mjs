// SPDX-License-Identifier: Apache-2.0
// What is true of a failure, by intervention: who has to change for it to go away? Everything here is read off the matrix
// (the same document on other versions, its repaired twin on the same one); nothing comes from aiop.
import { keyOf } from './matrix.mjs';

// What a failure says without what it says it about: the same words in two documents are one signature.
export function signature(outcome) {
  const text = outcome.text.replace(/^\S+\(\d+,\d+\): /, '').replace(/^\w+: (?=\w*Error\b)/, '')
    .replace(/(['"`‘“])(?:(?!['"`’”]).)*['"`’”]/g, '…').replace(/(['"`‘“]).*$/, '…').replace(/(?:#\/|\/)\S+/g, '…').replace(/\d+/g, '0').trim();
  const code = /\bTS\d+/.exec(outcome.text)?.[0];
  return `${outcome.step}: ${code ?? text}`;
}

const LABELS = { motor: 'MOTOR-RULES', mixed: 'MIXED-DRIFT', app: 'APP-SPEC' };

// The plant seen through one generator: `versions` in their order.
export class Truth {
  // `variants`: all documents in all revisions, to know what others fail at.
  constructor(plant, tool, kept, variants) {
    Object.assign(this, { plant, tool, kept, variants, ...plant.generators[tool] });
    this.order = Object.keys(this.versions);
    this.sound = new Map();
  }

  outcome(version, profile, text) {
    const outcome = this.kept.get(keyOf(this.tool, version, profile, text));
    if (!outcome) throw new Error(`the matrix lacks ${this.tool} ${version} ${profile}; run matrix.mjs first`);
    return outcome;
  }

  // Versions that take this text in this profile.
  takenBy(profile, text) { return this.order.filter((version) => this.outcome(version, profile, text).ok); }

  // Whether a document fails anywhere but on the versions in `apart`.
  everFails(revisions, apart) {
    return revisions.some(({ text }) => this.profiles.some((profile) => this.order.some((version) => !apart.has(version) && !this.outcome(version, profile, text).ok)));
  }

  // Versions on which most documents fail in some profile.
  breakingMost(documents) {
    const share = (version, profile) => documents.filter((each) => !this.outcome(version, profile, each.at(-1).text).ok).length / documents.length;
    return new Set(this.order.filter((version) => this.profiles.some((profile) => share(version, profile) > 0.5)));
  }

  // Whether it fails the same way once it says that it is of a declared dialect: then the dialect only accompanies the failure.
  failsDeclared(version, profile, variant, says) {
    return Object.entries(variant.declared).some(([dialect, text]) => {
      const outcome = this.versions[version].includes(dialect) && this.outcome(version, profile, text);
      return outcome && !outcome.ok && signature(outcome) === says;
    });
  }

  // Whether several declared documents that validators accept fail so on this version.
  soundOnesFailSo(version, profile, says) {
    const key = `${version} ${profile}`;
    if (!this.sound.has(key)) {
      const by = new Map();
      for (const each of this.variants) {
        if (each.findings.length || !this.versions[version].includes(this.plant.dialectOf(JSON.parse(each.text)))) continue;
        const outcome = this.outcome(version, profile, each.text);
        if (!outcome.ok) by.set(signature(outcome), (by.get(signature(outcome)) ?? new Set()).add(each.id));
      }
      this.sound.set(key, by);
    }
    return (this.sound.get(key).get(says)?.size ?? 0) > 1;
  }

  // Null for a run that goes through; else {classification, category, because, cause, signature, text}.
  of(version, profile, variant) {
    const outcome = this.outcome(version, profile, variant.text);
    if (outcome.ok) return null;
    const says = signature(outcome);
    const label = (classification, because, cause) => ({ classification, category: LABELS[classification], because, cause: `${classification} ${cause}`, signature: says, text: outcome.text });
    const dialect = this.plant.dialectOf(JSON.parse(variant.text));
    const others = this.takenBy(profile, variant.text), takers = others.length ? `versions ${others.join(', ')} take it` : 'no version takes it';
    const declared = this.versions[version].includes(dialect) || this.failsDeclared(version, profile, variant, says);
    if (!declared) {
      const testable = Object.keys(variant.declared).some((each) => this.versions[version].includes(each));
      const undeclaredToo = others.filter((each) => !this.versions[each].includes(dialect));
      if (!testable && undeclaredToo.length && this.soundOnesFailSo(version, profile, says)) {
        return label('motor', `declared documents fail the same way, and versions ${undeclaredToo.join(', ')} take it without declaring ${dialect} either`, `${says} ${this.span(version, profile, variant.text)}`);
      }
      return label('mixed', `${this.tool} ${version} does not declare ${dialect}; ${takers}`, `${dialect} ${says}`);
    }
    const span = this.span(version, profile, variant.text);
    if (!variant.findings.length) return label('motor', `the validators accept the document, ${this.versions[version].includes(dialect) ? `${dialect} is declared` : 'and it fails the same way as one of a declared dialect'}; ${takers}`, `${says} ${span}`);
    const defect = `the validators object (${variant.findings[0].message})`;
    if (!variant.twin) return label(others.length ? 'mixed' : 'app', `${defect}, and no repair was found; ${takers}`, `${variant.id} ${says}`);
    const twin = this.outcome(version, profile, variant.twin);
    if (!twin.ok && signature(twin) === says) return label('motor', `${defect}, yet the repaired document fails the same way`, `${says} ${span}`);
    const gone = twin.ok ? 'the repaired document goes through' : 'the repaired document fails in another way';
    return label(others.length ? 'mixed' : 'app', `${defect}; ${gone}; ${takers}`, `${variant.id} ${says}`);
  }

  // From which version to which this failure lasts: two failures that came and went with the same versions are one cause.
  // It came or went only where the document goes through: one that fails in another way there may hide it.
  span(version, profile, text) {
    const fails = (each) => !this.outcome(each, profile, text).ok;
    let from = this.order.indexOf(version), to = from;
    while (from > 0 && fails(this.order[from - 1])) from--;
    while (to < this.order.length - 1 && fails(this.order[to + 1])) to++;
    return `${from === 0 ? 'ever' : this.order[from]}..${to === this.order.length - 1 ? 'on' : this.order[to]}`;
  }
}
