// The first view must be small: builds the application and adds up, compressed as it is served, the page's script and everything that it loads
// before anything is shown. `node check/size.mjs`
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build } from 'vite';

const MOST = 100 * 1000;
const out = join(tmpdir(), `plenum-web-size-${process.pid}`);
try {
  await build({ logLevel: 'warn', build: { outDir: out, emptyOutDir: true } });
  const page = readFileSync(join(out, 'index.html'), 'utf8');
  const first = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path);
  if (!first.length) throw new Error('the page loads no script');
  let sum = 0;
  for (const path of new Set(first)) {
    const bytes = gzipSync(readFileSync(join(out, path)), { level: 6 }).length;
    sum += bytes;
    console.log(`${String(bytes).padStart(7)}  ${path}`);
  }
  console.log(`${String(sum).padStart(7)}  the first view, of ${MOST} bytes at most`);
  if (sum > MOST) process.exitCode = 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
