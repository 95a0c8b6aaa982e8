// SPDX-License-Identifier: Apache-2.0
// Steps: read, compile, check, reuse, target, upload.
import { Failure, serve, text } from './plant.mjs';
import * as rules from './rules.mjs';

function read(plant) {
  plant.save('in.less', text(plant.spec));
}

async function compile(plant) {
  let css;
  try {
    ({ css } = await rules.compile(plant.read('in.less')));
  } catch (error) {
    if (!error.type) throw error;
    throw new Failure('app', 'error', `${error.type}Error: ${error.message}`);
  }
  plant.save('out.css', css);
  // What a rule costs is a figure of this plant, not of the clock.
  plant.use({ latency_ms: (css.match(/\{/g) ?? []).length * rules.MS_PER_RULE });
}

function check(plant) {
  const css = plant.read('out.css');
  const left = /^\s*(?!font|grid|aspect)[\w-]+:\s*[\d.]+(px|em|%)?\s*\/\s*\d/m.exec(css);
  if (left) throw new Failure('app', 'validation', `a division was left in the style sheet: ${left[0].trim()}`);
  for (const [word, why] of rules.REFUSED) {
    if (css.includes(word)) throw new Failure('app', 'validation', `${word} is refused: ${why}`);
  }
}

function reuse(plant) {
  const source = plant.read('in.less');
  const wanted = Number(/^\/\/ reuse: ([0-9.]+)/m.exec(source)?.[1] ?? 0);
  const value = rules.reused(source);
  if (value < wanted) throw new Failure('app', 'quality_score', 'too few colours come from variables', { value, budget: wanted, unit: '1' });
}

function target(plant) {
  let css = plant.read('out.css');
  if (plant.profile === 'mail') {
    if (/var\(--/.test(css)) throw new Failure('app', 'validation', 'mail programs know no custom properties');
    css = css.replace(/#[0-9a-f]{3,8}\b/gi, rules.mailColour);
    const odd = css.match(/#[0-9a-f]+\b/gi)?.find((hex) => hex.length !== 7);
    if (odd) throw new Failure('motor', 'error', `a colour of the mail has ${odd.length - 1} digits`);
  }
  plant.save('target.css', css);
}

function upload(plant) {
  plant.outside('network', 'upload failed: socket hang up (ECONNRESET)');
  plant.save('uploaded.css', plant.read('target.css'));
}

await serve({ read, compile, check, reuse, target, upload }, [{ id: 'css', path: 'uploaded.css', role: 'style sheet' }]);
