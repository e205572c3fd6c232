import { visible } from '@drylane/chassis/redact/visible';
import { RunId } from '@drylane/proto/ids';
import type { Run } from '../ledger/event.ts';
import { type Asked, type Handlers, ok, refuse } from './handler.ts';
import { nextPath, pageOf } from './page.ts';
import type { Patch } from './service.ts';
import type { ListRunsQuery, RunPage, ShownRun } from './wire.ts';

/** Runs come in, and are looked at. */
export const runHandlers: Handlers<
  'submit-run' | 'list-runs' | 'read-run' | 'read-report' | 'read-evidence' | 'read-diff' | 'read-receipt'
> = {
  'submit-run': async ({ who, body, query, target: tenant }, { service }) => {
    const taken = await service.submit(who, body, { tenant, promote: query.promote });
    if (taken.outcome === 'full')
      return refuse('too-many-requests', LANE_FULL, Math.max(1, Math.ceil(taken.retryAfterS)));
    if (taken.outcome === 'other-body') return refuse('conflict', otherBody(taken.run));
    const { run, isNew } = taken;
    return ok(shown(run), isNew ? 202 : 200, { location: `/v1/runs/${run.id}` });
  },
  'list-runs': async ({ query, target: tenants }, { service }) => {
    const { tenant: _, limit, before, task, state } = query;
    const wanted = {
      tenants,
      ...(task !== undefined && { task }),
      ...(state !== undefined && { state }),
    };
    const { found, isAll } = await pageOf<Run>(limit, {
      read: (part, last) => {
        const from = last === undefined ? before : RunId.parse(last.id);
        return service.list({ ...wanted, limit: part, ...(from !== undefined && { before: from }) });
      },
      size: ({ command }) => command.length,
    });
    const page: RunPage = { runs: found.map(shown), next: isAll ? null : nextPage(query, found) };
    return ok(page, 200, page.next === null ? undefined : { link: `<${page.next}>; rel="next"` });
  },
  'read-run': async ({ target }) => ok(shown(target)),
  'read-report': async (asked, { service }) => ok(await service.report(idOf(asked))),
  'read-evidence': async (asked, { service }) => ok(await service.evidence(idOf(asked))),
  'read-diff': async (asked, { service }) => {
    const all = await service.patches(idOf(asked));
    const { path } = asked.query;
    const patches = path === undefined ? all : all.filter((patch) => patch.path === path);
    if (path !== undefined && patches.length === 0) return refuse('not-found', notChanged(path));
    if (asked.accept.includes('application/json')) return ok(patches);
    return { kind: 'text', type: 'text/x-diff; charset=utf-8', text: [...diffLines(patches)].join('') };
  },
  'read-receipt': async (asked, { service }) => ok(await service.receipt(idOf(asked))),
};

/** The id of the run that is asked about. */
export function idOf({ target }: Pick<Asked<'read-run'>, 'target'>): RunId {
  return RunId.parse(target.id);
}

/** A run as it is shown. */
export function shown(run: Run): ShownRun {
  const { task_digest: _, trace: __, promote, ...rest } = run;
  return { ...rest, promote: promote === 1 };
}

function nextPage(query: ListRunsQuery, found: readonly Run[]): string | null {
  const last = found.at(-1);
  return last === undefined ? null : nextPath('/v1/runs', query, { before: last.id });
}

/** Diffs as people read them; whatever stands in a file, it does nothing to a terminal. */
function* diffLines(patches: readonly Patch[]): Generator<string> {
  for (const { text, cut } of patches) {
    yield visible(text);
    if (text !== '' && !text.endsWith('\n')) yield '\n';
    if (cut) yield '\\ The rest of this diff was not kept\n';
  }
}

const LANE_FULL = {
  field: 'lane',
  message: 'is full: as many runs wait as may wait',
  mend: 'send it again after the seconds of Retry-After',
};

function otherBody(run: RunId) {
  return {
    field: 'idempotency_key',
    message: `was used for another envelope, by ${run}`,
    mend: 'use another key for another envelope',
  };
}

function notChanged(path: string) {
  return {
    field: 'path',
    message: `the run did not change ${path.slice(0, 200)}`,
    mend: 'name a path as the evidence writes it',
  };
}
