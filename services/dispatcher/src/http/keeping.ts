import type { Schedule } from '@drylane/proto/schedule';
import { metered } from './body.ts';
import { type Handlers, ok, refuse } from './handler.ts';
import { nextPath, pageOf } from './page.ts';

/** Everything beside runs: workspaces, the policy and what it would say of a command, tokens and schedules. */
export const keepingHandlers: Handlers<
  | 'put-workspace'
  | 'read-policy'
  | 'classify-command'
  | 'add-token'
  | 'list-tokens'
  | 'revoke-token'
  | 'add-schedule'
  | 'list-schedules'
  | 'remove-schedule'
> = {
  'put-workspace': async ({ who, target: tenant, body }, { service, limits, uploads }) => {
    const leave = uploads.take(who);
    if (leave === undefined) return refuse('too-many-requests', UPLOADS_FULL, 5);
    try {
      const { digest, size } = await service.keepWorkspace(who, tenant, metered(body, limits));
      return ok({ snapshot: digest, bytes: size }, 201);
    } finally {
      leave();
    }
  },
  'read-policy': async (_, { service }) => {
    const { digest, policy } = await service.policy();
    return ok({ digest, policy });
  },
  'classify-command': async ({ body }, { service }) => ok(service.classify(body)),
  'add-token': async ({ who, body }, { tokens }) => ok(await tokens.create(body, who.id, Date.now()), 201),
  'list-tokens': async ({ query, target: tenants }, { tokens }) => {
    const { limit, after } = query;
    const found = await tokens.list({ tenants, limit, ...(after !== undefined && { after }) });
    const last = found.length < limit ? undefined : found.at(-1);
    const next = last === undefined ? null : nextPath('/v1/tokens', query, { after: last.id });
    return ok({ tokens: found, next });
  },
  'revoke-token': async ({ target }, { tokens }) => ok(await tokens.revoke(target.id, Date.now())),
  'add-schedule': async ({ who, target: tenant, body }, { service }) => {
    const schedule = await service.addSchedule(who, tenant, body);
    return ok(schedule, 201, { location: `/v1/schedules/${schedule.id}` });
  },
  'list-schedules': async ({ query, target: tenants }, { service }) => {
    const { limit, after } = query;
    const { found, isAll } = await pageOf<Schedule>(limit, {
      read: (part, last) => {
        const from = last?.id ?? after;
        return service.schedules({ tenants, limit: part, ...(from !== undefined && { after: from }) });
      },
      size: ({ envelope }) => JSON.stringify(envelope).length,
    });
    const last = isAll ? undefined : found.at(-1);
    const next = last === undefined ? null : nextPath('/v1/schedules', query, { after: last.id });
    return ok({ schedules: found, next });
  },
  'remove-schedule': async ({ who, target }, { service }) => {
    await service.removeSchedule(who, target.id);
    return { kind: 'nothing' };
  },
};

const UPLOADS_FULL = {
  field: 'uploads',
  message: 'are as many as may be at once',
  mend: 'send it again when one of them has ended',
};
