// When all is done: a client that works gave the exchange nothing to complain about.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledger } from './shared.mjs';

test('the exchange saw no request that it does not know and no frame that breaks the rules', async () => {
  const { counters } = await ledger();
  assert.equal(counters.unknown_paths, 0);
  assert.equal(counters.protocol_errors, 0);
  assert.equal(counters.rate_limit_breaches, 0);
  assert.equal(counters.ws_refusals, 0);
  assert.equal(counters.bad_timestamps, 0);
});
