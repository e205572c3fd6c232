import { NewToken } from '@drylane/proto/access';
import { ChangeSet } from '@drylane/proto/change-set';
import { Envelope } from '@drylane/proto/envelope';
import { Evidence } from '@drylane/proto/evidence';
import { Execution } from '@drylane/proto/promotion';
import { SignedReceipt } from '@drylane/proto/receipt';
import { Schedule, ScheduleRequest } from '@drylane/proto/schedule';
import { Sheet } from '@drylane/proto/sheet';
import { Claim, Landed } from '@drylane/proto/task';
import { Told } from '@drylane/proto/told';
import type { z } from 'zod';
import type { Action } from '../access/access.ts';
import * as wire from './wire.ts';

/** What a route acts on, and so what is looked up to decide whether whoever asks may. */
export type Acted =
  /** Nothing: it is open to everybody. */
  | 'open'
  /** What is the same for all tenants. */
  | 'fleet'
  /** Many things, of those tenants that they may see. */
  | 'tenants'
  /** A new thing of one tenant. */
  | 'tenant'
  | 'new-token'
  /** What is named in the path. */
  | 'run'
  | 'token'
  | 'schedule';

/**
 * What a request may carry: a document that anybody may have written, which is read whole; JSON of one of our own
 * workers, which may be far larger; or bytes that are passed on as they come.
 */
export type Consumes = 'document' | 'outcome' | 'tar';

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly of: Acted;
  /** Null for a route that is open. */
  readonly action: Action | null;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly consumes?: Consumes;
  /** By status: what each kind of content holds; null for nothing. Problems are the same for all routes. */
  readonly answers: Readonly<Record<number, Readonly<Record<string, z.ZodType>> | null>>;
}

const JSON_TYPE = 'application/json';
const json = <S extends z.ZodType>(schema: S) => ({ [JSON_TYPE]: schema });
const run = '/v1/runs/{id}';
const oneRun = { 200: json(wire.ShownRun) } as const;

/** Every route there is. The server registers these and no others, and the OpenAPI document lists them. */
export const ROUTES = {
  'submit-run': {
    ...{ method: 'POST', path: '/v1/runs', of: 'tenant', action: 'submit-run' },
    summary: 'Submit an envelope. 200 and the first run where its idempotency_key was seen before',
    ...{ query: wire.SubmitQuery, body: Envelope, consumes: 'document' },
    answers: { 202: json(wire.ShownRun), 200: json(wire.ShownRun) },
  },
  'list-runs': {
    ...{ method: 'GET', path: '/v1/runs', of: 'tenants', action: 'list-runs' },
    summary: 'Runs, the newest first',
    ...{ query: wire.ListRunsQuery, answers: { 200: json(wire.RunPage) } },
  },
  'read-run': {
    ...{ method: 'GET', path: run, of: 'run', action: 'read-run' },
    ...{ summary: 'Where a run stands', answers: oneRun },
  },
  'follow-events': {
    ...{ method: 'GET', path: `${run}/events`, of: 'run', action: 'follow-events' },
    summary: 'Each event of a run as it happens, until it has ended. Last-Event-ID resumes after that one',
    query: wire.EventsQuery,
    answers: { 200: { 'text/event-stream': wire.Text, [JSON_TYPE]: wire.ShownEvents } },
  },
  'read-report': {
    ...{ method: 'GET', path: `${run}/report`, of: 'run', action: 'read-evidence' },
    ...{ summary: 'What drylane execute --json prints of it', answers: { 200: json(Execution) } },
  },
  'read-evidence': {
    ...{ method: 'GET', path: `${run}/evidence`, of: 'run', action: 'read-evidence' },
    ...{ summary: 'What its rehearsal observed, scrubbed', answers: { 200: json(Evidence) } },
  },
  'read-diff': {
    ...{ method: 'GET', path: `${run}/diff`, of: 'run', action: 'read-diff' },
    summary: 'What it changed, scrubbed: for people to read, not to be applied',
    query: wire.DiffQuery,
    answers: { 200: { 'text/x-diff': wire.DiffText, [JSON_TYPE]: wire.ShownPatches } },
  },
  'read-subject': {
    ...{ method: 'GET', path: `${run}/subject`, of: 'run', action: 'read-evidence' },
    summary: 'All that somebody must be shown before they decide on it, and the digest that binds their word',
    ...{ query: wire.SheetQuery, answers: { 200: json(Sheet) } },
  },
  'read-approvals': {
    ...{ method: 'GET', path: `${run}/approvals`, of: 'run', action: 'read-evidence' },
    ...{ summary: 'What people have said of it', answers: { 200: json(wire.ShownWords) } },
  },
  'decide-run': {
    // Rejecting is decided in the same place, once it is known which of the two it is.
    ...{ method: 'POST', path: `${run}/approvals`, of: 'run', action: 'approve-run' },
    summary: 'Approve or reject it. 409 where it is not any more what you were shown',
    ...{ body: wire.WordRequest, consumes: 'document', answers: { 200: json(wire.Heard) } },
  },
  'cancel-run': {
    ...{ method: 'POST', path: `${run}/cancel`, of: 'run', action: 'cancel-run' },
    ...{ summary: 'End it before it lands', answers: oneRun },
  },
  'promote-run': {
    ...{ method: 'POST', path: `${run}/promote`, of: 'run', action: 'promote-run' },
    summary: 'Let it land once verdict, policy and approvals allow',
    answers: { 202: json(wire.ShownRun) },
  },
  'read-receipt': {
    ...{ method: 'GET', path: `${run}/receipt`, of: 'run', action: 'read-receipt' },
    ...{ summary: 'The signed record of its end: a DSSE envelope', answers: { 200: json(SignedReceipt) } },
  },
  'read-change-set': {
    ...{ method: 'GET', path: `${run}/change-set`, of: 'run', action: 'read-change-set' },
    ...{ summary: 'The manifest of what it changed', answers: { 200: json(ChangeSet) } },
  },
  'read-layer': {
    ...{ method: 'GET', path: `${run}/change-set/layer`, of: 'run', action: 'read-change-set' },
    summary: 'The contents: an OCI image layer. Check it against the digest in the manifest',
    answers: { 200: { 'application/vnd.oci.image.layer.v1.tar': wire.Bytes } },
  },
  'read-bases': {
    ...{ method: 'GET', path: `${run}/change-set/bases`, of: 'run', action: 'read-change-set' },
    summary: 'The texts that it modified as they were, for a merge',
    answers: { 200: { 'application/x-tar': wire.Bytes } },
  },
  'read-patch': {
    ...{ method: 'GET', path: `${run}/patch`, of: 'run', action: 'read-change-set' },
    summary: 'What it changed in a git tree, for git am',
    answers: { 200: { 'text/x-patch': wire.Bytes } },
  },
  'claim-run': {
    ...{ method: 'POST', path: `${run}/claim`, of: 'run', action: 'claim-run' },
    summary: 'A live worker takes it, right before anything is touched',
    ...{ body: Claim, consumes: 'document', answers: oneRun },
  },
  'settle-run': {
    ...{ method: 'POST', path: `${run}/settle`, of: 'run', action: 'settle-run' },
    summary: 'A live worker says what became of its claim',
    ...{ body: Landed, consumes: 'outcome', answers: oneRun },
  },
  'take-run': {
    ...{ method: 'POST', path: `${run}/take`, of: 'run', action: 'take-run' },
    summary:
      'Whoever has the files of its snapshot or git tree takes it, right before they apply its changes',
    ...{ body: Claim, consumes: 'document', answers: oneRun },
  },
  'tell-run': {
    ...{ method: 'POST', path: `${run}/landed`, of: 'run', action: 'tell-run' },
    summary: 'Whoever took it says what became of that; its receipt says that it is their word',
    ...{ body: Told, consumes: 'document', answers: oneRun },
  },
  'put-workspace': {
    ...{ method: 'POST', path: '/v1/workspaces', of: 'tenant', action: 'put-workspace' },
    summary: 'Keep a tar of a directory, for envelopes to name as workspace.snapshot',
    ...{ query: wire.TenantOnly, consumes: 'tar', answers: { 201: json(wire.KeptWorkspace) } },
  },
  'classify-command': {
    ...{ method: 'POST', path: '/v1/classify', of: 'fleet', action: 'read-risk' },
    summary:
      'The risk of a command, from its text alone, and the steps that it would be split into. Nothing is kept',
    ...{ body: wire.ClassifyRequest, consumes: 'document', answers: { 200: json(wire.Classified) } },
  },
  'read-policy': {
    ...{ method: 'GET', path: '/v1/policy', of: 'fleet', action: 'read-policy' },
    ...{ summary: 'What is allowed at all', answers: { 200: json(wire.ShownPolicy) } },
  },
  'add-token': {
    ...{ method: 'POST', path: '/v1/tokens', of: 'new-token', action: 'manage-tokens' },
    summary: 'Give out a token. Its text is shown this once',
    ...{ body: NewToken, consumes: 'document', answers: { 201: json(wire.GivenToken) } },
  },
  'list-tokens': {
    ...{ method: 'GET', path: '/v1/tokens', of: 'tenants', action: 'manage-tokens' },
    summary: 'Tokens that were given out',
    ...{ query: wire.ListTokensQuery, answers: { 200: json(wire.TokenPage) } },
  },
  'revoke-token': {
    ...{ method: 'DELETE', path: '/v1/tokens/{id}', of: 'token', action: 'manage-tokens' },
    ...{ summary: 'End a token for ever', answers: { 200: json(wire.ShownToken) } },
  },
  'add-schedule': {
    ...{ method: 'POST', path: '/v1/schedules', of: 'tenant', action: 'add-schedule' },
    summary: 'Rehearse an envelope at set times',
    ...{ query: wire.TenantOnly, body: ScheduleRequest, consumes: 'document' },
    answers: { 201: json(Schedule) },
  },
  'list-schedules': {
    ...{ method: 'GET', path: '/v1/schedules', of: 'tenants', action: 'list-schedules' },
    summary: 'What is rehearsed at set times, the oldest first',
    ...{ query: wire.ListSchedulesQuery, answers: { 200: json(wire.SchedulePage) } },
  },
  'remove-schedule': {
    ...{ method: 'DELETE', path: '/v1/schedules/{id}', of: 'schedule', action: 'remove-schedule' },
    ...{ summary: 'End a schedule; runs that it began go on', answers: { 204: null } },
  },
  'read-openapi': {
    ...{ method: 'GET', path: '/openapi.json', of: 'open', action: null },
    ...{ summary: 'This document', answers: { 200: json(wire.OpenApi) } },
  },
  'read-metrics': {
    ...{ method: 'GET', path: '/metrics', of: 'fleet', action: 'read-metrics' },
    ...{ summary: 'Metrics for Prometheus', answers: { 200: { 'text/plain': wire.Text } } },
  },
  'read-liveness': {
    ...{ method: 'GET', path: '/healthz', of: 'open', action: null },
    ...{ summary: 'Whether the process lives', answers: { 200: json(wire.Liveness) } },
  },
  'read-readiness': {
    ...{ method: 'GET', path: '/readyz', of: 'open', action: null },
    summary: 'Whether it should get work, and what it lacks',
    answers: { 200: json(wire.ReadinessAnswer), 503: json(wire.ReadinessAnswer) },
  },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof ROUTES;
export const ROUTE_NAMES = Object.keys(ROUTES) as readonly RouteName[];

/** A route of the table, whichever. */
export function routeOf(name: RouteName): Route {
  return ROUTES[name];
}
