// Adds up the workspaces' test reports into one closing line, below the name of each test that failed and why;
// fails when there is none to add up.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../.reports/', import.meta.url);
const names = existsSync(folder) ? readdirSync(folder) : [];
const reports = names.map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
for (const { name, message, assertionResults } of reports.flatMap((report) => report.testResults)) {
  const failures = assertionResults.filter((test) => test.status === 'failed');
  for (const test of failures)
    console.log(`FAILED ${name}: ${test.fullName}\n${test.failureMessages.join('\n')}`);
  if (message && failures.length === 0) console.log(`FAILED ${name}\n${message}`);
}
const sum = (field) => reports.reduce((total, report) => total + report[field], 0);
const [passed, failed] = [sum('numPassedTests'), sum('numFailedTests')];
const skipped = sum('numPendingTests');
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
