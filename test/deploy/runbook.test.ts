import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { QUEUES } from '@drylane/proto/task';
import { describe, expect, it } from 'vitest';
import { CHECKOUT, drylane } from '../journey/drylane.ts';
import { alerts, DEPLOY, dashboard, runbook } from './deployed.ts';

const [, ...parts] = runbook().split('\n## ');
const sections = new Map(parts.map((part) => [part.split('\n', 1)[0] ?? '', part] as const));
const found = (pattern: RegExp): string[] => [...runbook().matchAll(pattern)].map(([, what = '']) => what);

describe('the runbook', () => {
  it('has a section for each alert, in their order, and no other', () => {
    expect([...sections.keys()]).toEqual(alerts().map(({ alert }) => alert));
  });

  it.each(alerts().map((alert) => [alert.alert, alert] as const))('says of %s what to do', (name, alert) => {
    expect(sections.get(name)).toMatch(/\n\*\*Means\*\* .+\n\*\*Look\*\* .+\n\*\*Do\*\* /s);
    expect(['page', 'critical', 'warning']).toContain(alert.labels.severity);
    expect(alert.annotations).toEqual({
      summary: expect.stringMatching(/[^.]$/),
      description: expect.stringMatching(/\.$/),
      runbook_url: `deploy/RUNBOOK.md#${name.toLowerCase()}`,
    });
  });

  it('says of each queue who takes from it', () => {
    for (const queue of QUEUES) expect(sections.get('DrylaneQueueGrows')).toContain(`\`${queue}\``);
  });

  it('explains the severities that there are', () => {
    const explained = found(/^\| (\w+) \| somebody/gm);
    expect(explained.sort()).toEqual([...new Set(alerts().map(({ labels }) => labels.severity))].sort());
  });

  it('leads nowhere that is not there', () => {
    const anchors = [...sections.keys()].map((name) => `#${name.toLowerCase()}`);
    for (const link of found(/\]\(([^)]+)\)/g)) expect(anchors).toContain(link);
    for (const file of found(/`((?:prometheus|grafana)\/[^`]+)`/g))
      expect(existsSync(join(DEPLOY, file)), file).toBe(true);
    const titles = dashboard().panels.map(({ title }) => title);
    for (const panel of found(/(?<!\*)\*([^*\n]+)\*(?!\*)/g)) expect(titles).toContain(panel);
  });

  it('names commands and flags that drylane has', () => {
    const help = drylane(['--help'], { cwd: CHECKOUT }).stdout;
    const commands = new Set(found(/`drylane ([^`]+)`/g));
    expect(commands.size).toBeGreaterThan(5);
    for (const command of commands) {
      const [verb = ''] = command.split(' ');
      expect(help).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'));
      const words = drylane([verb, '--help'], { cwd: CHECKOUT }).stdout;
      for (const flag of command.match(/--[a-z-]+/g) ?? []) expect(words, command).toContain(flag);
    }
  });
});
