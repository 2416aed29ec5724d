// Starts dn-exchange and lets ccxt trade on it, venue by venue. `scripts/third-party` installs ccxt and runs this.
//
//   node ccxt_test.mjs PROGRAM
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const program = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'dn-third-party-'));
const config = join(folder, 'config.json');
writeFileSync(config, JSON.stringify({ rate_scale: '20', balances: { mexc: { LTC: '1', USDT: '20000' }, gate_spot: { LTC: '1' } } }));

const exchange = spawn(program, ['--seed', '11', '--config', config, '--out', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
let status = 1;
try {
  const line = await new Promise((resolve, reject) => {
    exchange.once('error', reject);
    exchange.once('exit', (code) => reject(new Error(`dn-exchange ended with ${code}`)));
    createInterface({ input: exchange.stdout }).once('line', resolve);
  });
  const ready = JSON.parse(line.replace(/^READY /, ''));
  // The certificate is trusted by a process from its start only.
  const env = { ...process.env, DN_READY: JSON.stringify(ready), NODE_EXTRA_CA_CERTS: ready.ca };
  status = 0;
  for (const file of ['mexc.mjs', 'gate_spot.mjs', 'gate_futures.mjs', 'conduct.mjs']) {
    // The library's timers would keep a process for as long as a listen key lives.
    const checks = spawn(process.execPath, ['--test', '--test-force-exit', '--test-reporter=spec', join(here, file)], { env, stdio: 'inherit' });
    const code = await new Promise((resolve) => checks.once('exit', (end) => resolve(end ?? 1)));
    status = status || code;
  }
} finally {
  exchange.removeAllListeners('exit');
  exchange.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = status;
