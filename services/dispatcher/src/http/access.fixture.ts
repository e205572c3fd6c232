import type { RouteName } from './table.ts';

/** In the order of the columns below; `claimant` is the worker who claimed the run, `worker` one who did not. */
export const COLUMNS = [
  ...['nobody', 'nameless', 'owner', 'submitter', 'approver', 'operator', 'viewer'],
  ...['worker', 'stranger', 'chief'],
] as const;

// Every cell, written out.
export const CELLS: Readonly<Record<RouteName, string>> = {
  //                   nobody nameless owner submitter approver operator viewer worker stranger chief
  'submit-run': '         401 403      202   202       403      202      403    403    404      202',
  'list-runs': '          401 403      200   200       200      200      200    403    404      200',
  'read-run': '           401 403      200   200       200      200      200    403    404      200',
  'follow-events': '      401 403      200   200       200      200      200    403    404      200',
  'read-report': '        401 403      200   200       200      200      200    403    404      200',
  'read-evidence': '      401 403      200   200       200      200      200    403    404      200',
  'read-diff': '          401 403      200   200       200      200      200    403    404      200',
  'read-subject': '       401 403      200   200       200      200      200    403    404      200',
  'read-approvals': '     401 403      200   200       200      200      200    403    404      200',
  'decide-run': '         401 403      403   403       200      200      403    403    404      200',
  'cancel-run': '         401 403      200   403       403      200      403    403    404      200',
  'promote-run': '        401 403      202   403       403      202      403    403    404      202',
  'read-receipt': '       401 403      200   200       200      200      200    403    404      200',
  'read-change-set': '    401 403      200   403       200      200      403    403    404      200',
  'read-layer': '         401 403      200   403       200      200      403    403    404      200',
  'read-bases': '         401 403      200   403       200      200      403    403    404      200',
  'read-patch': '         401 403      200   403       200      200      403    403    404      200',
  'claim-run': '          401 403      403   403       403      403      403    200    403      403',
  'settle-run': '         401 403      403   403       403      403      403    200    403      403',
  'take-run': '           401 403      200   403       403      200      403    403    404      200',
  'tell-run': '           401 403      200   403       403      403      403    403    404      403',
  'put-workspace': '      401 403      201   201       403      201      403    403    404      201',
  'read-policy': '        401 403      200   200       200      200      200    200    200      200',
  'classify-command': '   401 403      200   200       200      200      200    403    200      200',
  'add-token': '          401 403      403   403       403      201      403    403    404      201',
  'list-tokens': '        401 403      403   403       403      200      403    403    404      200',
  'revoke-token': '       401 403      403   403       403      200      403    403    404      200',
  'add-schedule': '       401 403      201   201       403      201      403    403    404      201',
  'list-schedules': '     401 403      200   200       200      200      200    403    404      200',
  'remove-schedule': '    401 403      204   403       403      204      403    403    404      204',
  'read-openapi': '       200 200      200   200       200      200      200    200    200      200',
  'read-metrics': '       401 403      403   403       403      200      200    403    200      200',
  'read-liveness': '      200 200      200   200       200      200      200    200    200      200',
  'read-readiness': '     200 200      200   200       200      200      200    200    200      200',
};

export type Column = (typeof COLUMNS)[number];

/** What a route answers to each of them. */
export function answersOf(name: RouteName): Readonly<Record<Column, number>> {
  const statuses = CELLS[name].trim().split(/\s+/).map(Number);
  if (statuses.length !== COLUMNS.length) throw new RangeError(`${name} has not every column`);
  return Object.fromEntries(COLUMNS.map((column, index) => [column, statuses[index] ?? 0])) as Record<
    Column,
    number
  >;
}
