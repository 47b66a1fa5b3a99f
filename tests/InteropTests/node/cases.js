// Runs cases against a server, and reports one JSON line for each: {"case", "outcome": "pass" | "fail", "detail"}.

import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';

import grpc from '@grpc/grpc-js';

/** Call options with a deadline, so that nothing hangs. */
export const deadline = (ms = 10_000) => ({ deadline: Date.now() + ms });

/** Asserts that an error is this status; for assert.rejects. */
export const failsWith = (code, details) => (error) => {
  assert.equal(error.code, code, `status ${error.code} (${error.details}), expected ${code}`);
  if (details !== undefined) {
    assert.equal(error.details, details);
  }
  return true;
};

export function report(name, outcome, detail = '') {
  console.log(JSON.stringify({ case: name, outcome, detail }));
}

/** Runs the case that the command line names, or all but those on demand, on what connect(address, credentials) makes; ends the process. */
export async function runCases(cases, connect, onlyOnDemand = {}) {
  const all = { ...cases, ...onlyOnDemand };
  const { values } = parseArgs({ options: { address: { type: 'string' }, case: { type: 'string' } } });
  if (!values.address || (values.case && !(values.case in all))) {
    console.error('usage: --address HOST:PORT [--case NAME]');
    process.exit(2);
  }

  const clients = connect(values.address, grpc.credentials.createInsecure());
  let code = 0;
  for (const name of values.case ? [values.case] : Object.keys(cases)) {
    try {
      await all[name](clients);
      report(name, 'pass');
    } catch (error) {
      code = 1;
      report(name, 'fail', String(error.message));
    }
  }

  // Not by closing the clients and returning: a call that is cancelled as early as in cancel_after_begin leaves its stream open in grpc-js until its deadline.
  process.stdout.write('', () => process.exit(code));
}
