// SPDX-License-Identifier: Apache-2.0
// Steps: read, prompt, ask, parse, check, test, target, file.
import crypto from 'node:crypto';
import { Failure, root, serve, text } from './plant.mjs';
import * as rules from './rules.mjs';

const refuse = (details) => { throw new Failure('app', 'validation', details); };

function read(plant) {
  plant.save('spec.json', JSON.parse(text(plant.spec)));
}

function prompt(plant) {
  plant.save('prompt.txt', rules.prompt(text(root, 'prompts/extract.txt'), plant.load('spec.json')));
}

// The model: a recording, looked up by model and prompt. Nothing else is known of it here.
function ask(plant) {
  plant.outside('model', 'the model did not answer: 429 rate limit reached, try again in 20 s');
  const asked = plant.read('prompt.txt');
  const key = crypto.createHash('sha256').update(`${rules.MODEL}\n${asked}`).digest('hex').slice(0, 16);
  const answer = JSON.parse(text(root, 'recorded.json'))[key];
  if (answer === undefined) throw new Failure('motor', 'error', `the recording holds no answer of ${rules.MODEL} to this prompt`);
  const tokens = Math.ceil((asked.length + answer.length) / 4) * rules.questions(plant.load('spec.json').fields);
  plant.use({ tokens, cost_usd: tokens * rules.USD_PER_TOKEN });
  plant.save('answer.txt', answer);
}

function parse(plant) {
  const answer = plant.read('answer.txt');
  try {
    plant.save('answer.json', rules.parse(answer));
  } catch {
    throw new Failure('motor', 'error', answer.trim().startsWith('{') ? 'the answer ends before its JSON does' : `the answer is no JSON: ${answer.split('\n')[0]}`);
  }
}

function check(plant) {
  const spec = plant.load('spec.json');
  const answer = plant.load('answer.json');
  for (const field of spec.fields) {
    if (answer[field] === undefined || answer[field] === null) refuse(`the answer has nothing for the field "${field}"`);
    if (String(answer[field]).length > rules.LONGEST_VALUE) refuse(`the value of "${field}" is too long to be true`);
  }
  const grounded = spec.fields.filter((field) => spec.text.includes(String(answer[field])));
  const value = grounded.length / spec.fields.length;
  if (value < rules.GROUNDED) throw new Failure('app', 'quality_score', 'too much of the answer does not stand in the text', { value, budget: rules.GROUNDED, unit: '1' });
}

// The app's own tests of the answer.
function test(plant) {
  const { expect = {} } = plant.load('spec.json');
  const answer = plant.load('answer.json');
  for (const [field, value] of Object.entries(expect)) {
    if (answer[field] !== value) throw new Failure('app', 'error', `the app's own test failed: ${field} is "${answer[field]}", expected "${value}"`);
  }
}

function target(plant) {
  const { fields } = plant.load('spec.json');
  const answer = plant.load('answer.json');
  if (plant.profile !== 'prose') return plant.save('out.txt', JSON.stringify(answer, fields, 1));
  const missing = fields.find((field) => !rules.prose[field]);
  if (missing) throw new Failure('motor', 'error', `there is no sentence for the field "${missing}"`);
  plant.save('out.txt', `${fields.map((field) => rules.prose[field](answer[field])).join(' ')}\n`);
}

function file(plant) {
  plant.outside('archive', 'the archive is read-only at the moment');
  plant.save('filed.txt', plant.read('out.txt'));
}

await serve({ read, prompt, ask, parse, check, test, target, file }, [{ id: 'answer', path: 'filed.txt', role: 'answer' }]);
