// The plant's side of the service interface: one JSON object per line, requests on stdin, everything else on stdout.
import fs from 'node:fs';
import { createInterface } from 'node:readline';

export function openPort(input = process.stdin) {
  const lines = createInterface({ input })[Symbol.asyncIterator]();
  const send = (message) => fs.writeSync(1, `${JSON.stringify(message)}\n`);
  const receive = async () => {
    const { value, done } = await lines.next();
    return done ? undefined : JSON.parse(value);
  };
  return {
    receive,
    event: (event) => send({ event }),
    artifact: (artifact) => send({ artifact }),
    usage: (usage) => send({ usage }),
    result: (result) => send({ result }),
    log: (text) => fs.writeSync(2, `${text}\n`),
    // Returns once the operator has the checkpoint on disk. Nothing may be done for the next step before that.
    async checkpoint(name) {
      send({ checkpoint: name });
      const answer = await receive();
      if (answer?.ack !== name) throw new Error(`the operator went away before it acknowledged ${name}`);
    },
  };
}
