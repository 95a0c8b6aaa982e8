// SPDX-License-Identifier: Apache-2.0
// Steps: read, render, links, text, pictures, contents, shelve.
import { Failure, serve, text } from './plant.mjs';
import * as rules from './rules.mjs';

const decoded = (html) => html.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&');
const plain = (html) => decoded(html.replace(/<[^>]*>/g, ''));
const each = (pattern, html) => [...html.matchAll(pattern)];

function read(plant) {
  const source = text(plant.spec);
  const head = /^---\n([\s\S]*?)\n---\n/.exec(source);
  const title = /^title: (.+)$/m.exec(head?.[1] ?? '')?.[1];
  if (!title) throw new Failure('app', 'validation', 'the page has no title');
  plant.save('page.md', source.slice(head[0].length));
}

function render(plant) {
  const before = process.cpuUsage();
  plant.save('page.html', rules.render(plant.read('page.md')));
  const { user, system } = process.cpuUsage(before); // not the clock, which counts what else the machine does
  plant.use({ latency_ms: (user + system) / 1000 });
}

function links(plant) {
  const html = plant.read('page.html');
  const ids = new Set(each(/\sid="([^"]*)"/g, html).map((match) => decodeURIComponent(match[1])));
  for (const [, target] of each(/\shref="#([^"]*)"/g, html)) {
    if (!ids.has(decodeURIComponent(target))) throw new Failure('app', 'validation', `the page links to "#${decodeURIComponent(target)}", which no heading has`);
  }
}

function leftovers(plant) {
  const words = plain(plant.read('page.html').replace(/<pre>[\s\S]*?<\/pre>|<code>[\s\S]*?<\/code>/g, ''));
  const at = words.search(rules.MAY_BE_LEFT);
  if (at >= 0) throw new Failure('app', 'validation', `markup was left as text: "${words.slice(at, at + 24).split('\n')[0]}"`);
}

function pictures(plant) {
  const all = each(/<img [^>]*>/g, plant.read('page.html')).map(([tag]) => decoded(/alt="([^"]*)"/.exec(tag)?.[1] ?? ''));
  const value = all.length ? all.filter(rules.described).length / all.length : 1;
  if (value < rules.DESCRIBED) throw new Failure('app', 'coverage', 'too few pictures of the page are described', { value, budget: rules.DESCRIBED, unit: '1' });
}

function contents(plant) {
  const html = plant.read('page.html');
  const headings = each(/<h([1-6])(?: id="([^"]*)")?>([\s\S]*?)<\/h\1>/g, html)
    .map(([, level, id, title]) => ({ level: Number(level), id, title: plain(title) }));
  const lines = rules.contents[plant.profile || 'web'](headings);
  if (lines.some((line) => line.trim() === '' || line.includes('undefined'))) {
    throw new Failure('motor', 'error', 'the contents have an entry without a target');
  }
  if (plant.profile === 'print') {
    const columns = Math.max(0, ...each(/<thead>[\s\S]*?<\/thead>/g, html).map(([head]) => each(/<th[ >]/g, head).length));
    if (columns > rules.PRINT_COLUMNS) throw new Failure('app', 'validation', `a table has ${columns} columns, a sheet has room for ${rules.PRINT_COLUMNS}`);
  }
  plant.save('contents.txt', `${lines.join('\n')}\n`);
}

function shelve(plant) {
  plant.outside('shelf', 'the shelf did not take the page: connect ECONNREFUSED 127.0.0.1:7070');
  plant.save('shelved.html', plant.read('page.html'));
}

await serve({ read, render, links, text: leftovers, pictures, contents, shelve }, [
  { id: 'page', path: 'shelved.html', role: 'page' },
  { id: 'contents', path: 'contents.txt', role: 'contents' },
]);
