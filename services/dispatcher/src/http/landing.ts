import { type Answer, type Handlers, ok, refuse } from './handler.ts';
import { idOf, shown } from './runs.ts';
import type { Content } from './service.ts';

/** People decide on a run, and what it changed lands: here, or with whoever fetches it. */
export const landingHandlers: Handlers<
  | 'read-subject'
  | 'read-approvals'
  | 'decide-run'
  | 'cancel-run'
  | 'promote-run'
  | 'claim-run'
  | 'settle-run'
  | 'take-run'
  | 'tell-run'
  | 'read-change-set'
  | 'read-layer'
  | 'read-bases'
  | 'read-patch'
> = {
  'read-subject': async (asked, { service }) => ok(await service.sheet(idOf(asked), asked.query.lane)),
  'read-approvals': async (asked, { service }) => ok(await service.words(idOf(asked))),
  'decide-run': async (asked, { service }) => {
    const heard = await service.decide(asked.who, idOf(asked), asked.body);
    if (heard.outcome === 'changed') return refuse('conflict', NOT_AS_SHOWN);
    return ok({ state: heard.state, missing: heard.missing });
  },
  'cancel-run': async (asked, { service }) => ok(shown(await service.cancel(asked.who, idOf(asked)))),
  'promote-run': async (asked, { service }) => ok(shown(await service.promote(asked.who, idOf(asked))), 202),
  'claim-run': async (asked, { service }) =>
    ok(shown(await service.claim(asked.who, idOf(asked), asked.body))),
  'settle-run': async (asked, { service }) =>
    ok(shown(await service.settle(asked.who, idOf(asked), asked.body))),
  'take-run': async (asked, { service }) => ok(shown(await service.take(asked.who, idOf(asked), asked.body))),
  'tell-run': async (asked, { service }) => ok(shown(await service.tell(asked.who, idOf(asked), asked.body))),
  'read-change-set': async (asked, { service }) => ok(await service.changeSet(idOf(asked))),
  'read-layer': async (asked, { service }) =>
    bytes('application/vnd.oci.image.layer.v1.tar', await service.layer(idOf(asked))),
  'read-bases': async (asked, { service }) => bytes('application/x-tar', await service.bases(idOf(asked))),
  'read-patch': async (asked, { service }) => bytes('text/x-patch', await service.patch(idOf(asked))),
};

/** Contents of a workspace, which no browser should try to show. */
function bytes(type: string, { size, bytes }: Content): Answer {
  return { kind: 'bytes', type, bytes, size, headers: { 'content-disposition': 'attachment' } };
}

const NOT_AS_SHOWN = {
  field: 'bound',
  message: 'is not what this run stands for now',
  mend: 'look at it again: GET …/subject, and decide on what that shows',
};
