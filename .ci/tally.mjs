// Adds up the workspaces' test reports into one closing line; fails when there is none to add up.
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../.reports/', import.meta.url);
const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
const sum = (field) => reports.reduce((total, report) => total + report[field], 0);
const [passed, failed] = [sum('numPassedTests'), sum('numFailedTests')];
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
