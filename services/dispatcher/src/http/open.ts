import { type Handlers, ok } from './handler.ts';

/** What tells of the dispatcher itself. */
export const openHandlers: Handlers<'read-openapi' | 'read-metrics' | 'read-liveness' | 'read-readiness'> = {
  'read-openapi': async (_, { openApi }) => ({ kind: 'bytes', type: 'application/json', bytes: [openApi] }),
  'read-metrics': async (_, { metrics }) => ({
    kind: 'bytes',
    type: metrics.contentType,
    bytes: [await metrics.render()],
  }),
  'read-liveness': async () => ok({ alive: true }),
  'read-readiness': async (_, { readiness }) => {
    const report = await readiness.look();
    return ok(report, report.ready ? 200 : 503);
  },
};
