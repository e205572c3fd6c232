// Adds up the workspaces' test reports into one closing line; fails when there is none to add up.
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../.reports/', import.meta.url);
const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
const sum = (field) => reports.reduce((total, report) => total + report[field], 0);
const [passed, failed] = [sum('numPassedTests'), sum('numFailedTests')];
const skipped = sum('numPendingTests');
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
