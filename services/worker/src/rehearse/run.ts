import { lstat } from 'node:fs/promises';
import type { Redactor } from '@drylane/chassis/redact/redact';
import { watchFor } from '@drylane/chassis/redact/watch';
import { DrylaneError } from '@drylane/proto/errors';
import type { Evidence } from '@drylane/proto/evidence';
import { pathRules } from '@drylane/proto/paths';
import { opaquePlan } from '@drylane/proto/steps';
import { type BuiltChangeSet, buildChangeSet, type ChangeSetBlobs } from '../changeset/build.ts';
import { type Gathered, gather, NOTHING } from '../changeset/gather.ts';
import { createAttribution } from '../evidence/attribution.ts';
import { observeChanges } from '../evidence/changes.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { captureOutput } from '../evidence/output.ts';
import { createPace } from '../evidence/pace.ts';
import type { Patch } from '../evidence/patch.ts';
import { scrubWith } from '../evidence/scrub.ts';
import type { Seal } from '../evidence/sealed.ts';
import { mountsBelow } from '../sandbox/overlay.ts';
import type { PreparedSandbox, Sandbox, SandboxListener, ShellEnd } from '../sandbox/sandbox.ts';
import { openTrace } from '../trace/trace.ts';
import { parseMarker, settleSteps, type TimedMarker } from './flow.ts';
import { planRehearsal, type RehearsalPlan, type RehearsalRequest } from './rehearse.ts';

/** What a rehearsal leaves: its evidence, and the diffs of what it changed, both scrubbed. */
export interface Rehearsed {
  readonly evidence: Evidence;
  readonly patches: readonly Patch[];
  /** What can be promoted; null when nothing changed, not all is known, a credential leaked, or some of it never lands. */
  readonly changeSet: BuiltChangeSet | null;
}

/** What a rehearsal does with what the command writes. */
export interface OutputHandling {
  readonly redactor: Redactor;
  /** Keeps the change set. */
  readonly blobs: ChangeSetBlobs;
  /** Whether what was observed may land at all: of a run that cannot, no contents are kept. Left out: it may. */
  readonly mayLand?: (evidence: Evidence) => boolean;
  /** Takes the output as it is, where policy names whom it is sealed to; without it, none is kept. */
  readonly seal?: Pick<Seal, 'push'> | undefined;
  /** Gives the rehearsal up: its command is ended, its sandbox taken away, and the signal's reason thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Hears when the sandbox begins to be taken away, and waits for that itself. Left out: the rehearsal does. */
  readonly leaving?: (gone: Promise<void>) => void;
}

/**
 * Rehearses one command: makes a sandbox, runs the command in it step by step, reads what it did, and takes the
 * sandbox away again whatever happens.
 * @throws DrylaneError `machine-unfit` or `sandbox-failed`; a command that fails is evidence, not an error.
 */
export async function rehearse(
  sandbox: Sandbox,
  request: RehearsalRequest,
  handling: OutputHandling,
): Promise<Rehearsed> {
  const plan = planRehearsal(request, await lstat(request.source));
  const startedMs = Date.now();
  const { signal } = handling;
  signal?.throwIfAborted();
  const prepared = await sandbox.prepare(plan.spec);
  let rehearsed: Rehearsed;
  try {
    rehearsed = await follow(prepared, request, plan, handling, startedMs);
  } catch (cause) {
    await prepared.destroy();
    throw cause;
  }
  const gone = prepared.destroy();
  if (handling.leaving === undefined) await gone;
  else handling.leaving(gone);
  return rehearsed;
}

async function follow(
  prepared: PreparedSandbox,
  request: RehearsalRequest,
  plan: RehearsalPlan,
  { redactor, seal, blobs, mayLand = () => true, signal }: OutputHandling,
  startedMs: number,
): Promise<Rehearsed> {
  const attribution = createAttribution(prepared.view.upper);
  const watch = watchFor(request.canaries);
  const markers: TimedMarker[] = [];
  let forged = false;
  let shellEnd: ShellEnd | null = null;
  const trace = openTrace(
    watch,
    {
      shellEnded: (end) => {
        shellEnd = end;
      },
    },
    request.shell,
    request.live?.places.behind,
  );
  const output = {
    stdout: captureOutput(request.limits.outputBytes, redactor),
    stderr: captureOutput(request.limits.outputBytes, redactor),
  };
  const listener: SandboxListener = {
    output(stream, chunk) {
      output[stream].push(chunk);
      seal?.push(stream, chunk);
    },
    trace(chunk) {
      trace.push(chunk);
      return shellEnd;
    },
    async marker(line, atMs) {
      const marker = parseMarker(line);
      // Steps run once and in order: anything else was not written by our marker, and ends the rehearsal.
      if (marker === undefined || marker.index <= (markers.at(-1)?.index ?? -1)) {
        forged = true;
        throw new DrylaneError('sandbox-failed', FORGED);
      }
      markers.push({ ...marker, atMs });
      trace.boundary(marker.index);
      await attribution.boundary(marker.index);
    },
  };
  const outcome = await prepared.run(listener, signal);
  // What was seen of a command that we ended for no fault of its own is no evidence.
  signal?.throwIfAborted();

  const steps = outcome.split
    ? plan.steps
    : opaquePlan(request.command, request.shell, plan.steps.opaque ? plan.steps.reason : SHELL_DISAGREES);
  const settled = settleSteps(steps, markers, outcome);
  // What changed after the last marker belongs to the step in which the shell ended.
  const last = settled.steps.findLast((step) => step.ran)?.index ?? 0;
  trace.boundary(last);
  await attribution.boundary(last);

  const rules = pathRules(request.expected, request.forbidden);
  const search = request.canaries.length > 0 ? watch : null;
  const span = { fromNs: nanoseconds(startedMs), toNs: nanoseconds(Date.now()) };
  const [observed, outside] = await Promise.all([
    observeChanges(prepared.view, rules, attribution, scrubWith(redactor), search),
    prepared.outside(rules, search),
  ]);
  const gathered = observed.complete ? await gather(prepared.view, observed, span) : NOTHING;
  const evidence = evidenceOf({
    request,
    prepared,
    outcome,
    steps,
    settled,
    observed,
    gathered,
    outside,
    lookup: attribution,
    traced: trace.end(),
    tampered: forged || settled.tampered,
    absentMounts: await mountsBelow(request.source),
    stdout: output.stdout.end(),
    stderr: output.stderr.end(),
    scrub: (text) => redactor.text(text).text,
    user: plan.spec.user,
  });
  const patches = await scrubbedPatches(observed.patches, redactor);
  if (!isPromotable(evidence, gathered) || !mayLand(evidence)) return { evidence, patches, changeSet: null };
  const changeSet = await buildChangeSet(prepared.view, gathered, blobs);
  // Without a process left of the command, something changed after all: then nothing that was seen is sure.
  if (changeSet === undefined)
    return { evidence: { ...evidence, complete: false }, patches, changeSet: null };
  return { evidence, patches, changeSet };
}

/** Whether there is something to promote, all of it is known, and all of it may land. */
function isPromotable({ complete, canaries, unpromotable }: Evidence, { entries }: Gathered): boolean {
  return complete && canaries.length === 0 && unpromotable.length === 0 && entries.length > 0;
}

const nanoseconds = (ms: number): bigint => BigInt(ms) * 1_000_000n;

/** Patches fit to be kept; other work goes on between them. */
async function scrubbedPatches(patches: readonly Patch[], redactor: Redactor): Promise<Patch[]> {
  const pace = createPace();
  const clean: Patch[] = [];
  for (const patch of patches) {
    clean.push({ ...patch, text: redactor.text(patch.text).text });
    await pace();
  }
  return clean;
}

const FORGED = {
  field: 'control',
  message: 'a step marker was forged',
  mend: 'the evidence is not complete',
};

const SHELL_DISAGREES = 'the shell reads this text otherwise than our grammar does';
