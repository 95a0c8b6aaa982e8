// A step ends by returning or by throwing a Failure: what went wrong, and on whose side it looks to be from here. The
// pipeline sees one run only, so `scope` is its honest first guess and not a verdict.
export class Failure extends Error {
  constructor({ scope, signal, details, payload = {} }) {
    super(details);
    Object.assign(this, { scope, signal, details, payload });
  }
}

export const appFailure = (details, payload) => new Failure({ scope: 'app', signal: 'validation', details, payload });
export const motorFailure = (details, payload) => new Failure({ scope: 'motor', signal: 'error', details, payload });
