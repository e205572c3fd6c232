import { describe, expect, it } from 'vitest';
import { dashboard, type Panel } from './deployed.ts';

const SOURCE = { type: 'prometheus', uid: '$' + '{datasource}' };
const { panels, ...board } = dashboard();

const overlap = ({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

describe('the dashboard', () => {
  it('can be imported anywhere: a name of its own, no number, and no machine in it', () => {
    expect(board).toMatchObject({ uid: 'drylane', title: 'Drylane', schemaVersion: expect.any(Number) });
    expect(board).not.toHaveProperty('id');
    expect(board).not.toHaveProperty('__inputs');
    expect(/:\/\/|localhost|\d+\.\d+\.\d+\.\d+/.exec(JSON.stringify(dashboard()))).toBeNull();
  });

  it('asks for the data source, and each panel and query takes the one that was chosen', () => {
    expect(board.templating).toMatchObject({
      list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', current: {} }],
    });
    for (const { type, title, datasource, targets = [] } of panels) {
      if (type === 'row') continue;
      expect(datasource, title).toEqual(SOURCE);
      expect(targets.length, title).toBeGreaterThan(0);
      for (const target of targets) expect(target.datasource, title).toEqual(SOURCE);
    }
  });

  it('has panels that each say what they show, with numbers of their own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const { type, title, description } of panels)
      if (type !== 'row') expect(description, title).toMatch(/\.$/);
  });

  it('lays no panel over another, nor over the edge', () => {
    for (const [i, panel] of panels.entries()) {
      expect(panel.gridPos.x + panel.gridPos.w, panel.title).toBeLessThanOrEqual(24);
      for (const other of panels.slice(i + 1))
        expect(overlap(panel, other), `${panel.title} and ${other.title}`).toBe(false);
    }
  });
});
