import type { BlockLine } from './block.ts';
import type { Dossier } from './embedded/records.ts';

/** What a person agrees to, besides what was seen: how it lands, with what, where, and under whose rules. */
export function termsOf({ mode, judgement, evidence, policy, run, approvals }: Dossier): BlockLine[] {
  const { envelope, workspace, forbidden } = judgement;
  const { network, credentials = [], expected_writes: writes = [] } = envelope.intent;
  const hosts = network === undefined || network === 'none' ? [] : network;
  const isRerun = mode === 'rerun';
  const sources = credentials.map(
    (name) => `${name} from ${policy.credentials[name]?.live?.env ?? 'nowhere'}`,
  );
  const given = Object.entries(envelope.env ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    line('lands by', LANDS[mode ?? 'none'], isRerun ? 'bad' : 'plain'),
    ...(isRerun ? [line('reaching', hosts.length === 0 ? 'no host' : hosts.join('\n'), 'warn')] : []),
    ...(isRerun && sources.length > 0 ? [line('with the real', sources.join('\n'), 'bad')] : []),
    // Nobody saw what it does with an answer, so its intent is what holds it.
    ...(isRerun ? [line('may write', writes.length === 0 ? 'nothing' : writes.join('\n'), 'warn')] : []),
    ...(isRerun && forbidden.length > 0 ? [line('may not touch', forbidden.join('\n'))] : []),
    ...(given.length > 0 ? [line('environment', given.join('\n'))] : []),
    line('workspace', workspace?.path ?? envelope.working_dir),
    line('starts in', envelope.working_dir),
    line('image', `${envelope.image ?? policy.images.default} ${evidence.fidelity.image}`),
    line('policy', run.policy_digest),
    line('approved by', approvals.length === 0 ? 'nobody yet' : approvals.map(who).join('\n')),
  ];
}

const LANDS = {
  apply: 'apply: the changes below are made in the workspace, and nothing is run',
  rerun: 'rerun: the command RUNS FOR REAL, and what it changes then lands',
  none: 'nothing: its envelope says promotion: none',
};

const who = ({ approver, comment }: Dossier['approvals'][number]): string =>
  `${approver.id} (${approver.proof})${comment === null ? '' : `: ${comment}`}`;

function line(label: string, text: string, tone: BlockLine['tone'] = 'plain'): BlockLine {
  return { label, text, tone };
}
