// SPDX-License-Identifier: Apache-2.0
// The repaired twin of a document: without the parts that independent validators object to.

const ROUNDS = 40;

const decode = (part) => { try { return decodeURIComponent(part); } catch { return part; } };
const partsOf = (pointer) => pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function walk(document, parts) {
  let node = document;
  for (const part of parts) {
    if (node === null || typeof node !== 'object') return undefined;
    node = Object.hasOwn(node, part) ? node[part] : node[decode(part)];
  }
  return node;
}

// Removes what the pointer names, or the nearest thing around it that exists; false if that is the document itself.
function cut(document, parts) {
  for (let length = parts.length; length > 0; length--) {
    const holder = walk(document, parts.slice(0, length - 1));
    if (holder === null || typeof holder !== 'object') continue;
    const key = Object.hasOwn(holder, parts[length - 1]) ? parts[length - 1] : decode(parts[length - 1]);
    if (!Object.hasOwn(holder, key)) continue;
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
    return true;
  }
  return false;
}

// {document, cuts} once all validators accept; {document: null, cuts} if cutting does not get there. A place whose removal is
// objected to as well is cut one level higher.
export async function repaired(original, judge) {
  const document = structuredClone(original), cuts = [], levels = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    const all = await judge(document), found = all.filter((finding) => finding.path);
    if (!all.length) return { document, cuts };
    if (!found.length) return { document: null, cuts };
    // Deep places first, and later items of a list before earlier ones: what is left keeps its place.
    const places = [...new Set(found.map((finding) => finding.path))].sort((a, b) => (a < b ? 1 : -1)).sort((a, b) => b.split('/').length - a.split('/').length);
    let changed = false;
    for (const place of round === 0 ? places : places.slice(0, 1)) {
      const up = levels.get(place) ?? 0, parts = partsOf(place);
      levels.set(place, up + 1);
      if (parts.length - up <= 0) continue;
      if (cut(document, parts.slice(0, parts.length - up))) { cuts.push(`/${parts.slice(0, parts.length - up).join('/')}`); changed = true; }
    }
    if (!changed) return { document: null, cuts };
  }
  return { document: null, cuts };
}
