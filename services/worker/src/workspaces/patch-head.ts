import { visible } from '@drylane/chassis/redact/visible';
import { timeOfRun } from '@drylane/proto/ids';
import type { RehearsalTask } from '@drylane/proto/task';
import type { PatchHead } from './mail.ts';

/** What a patch was made of: a commit, and what its run changed of it. */
export interface PatchOrigin {
  readonly commit: string;
  readonly changeSet: string;
}

/** Nobody's address: who submitted a run is known by a name alone. */
const EMAIL = 'noreply@drylane.invalid';

/**
 * Who a run's patch is by, of when, and what it is called. The submitter's and the command's words are hostile; `scrub` takes
 * secrets out of them. The same run gives the same head each time.
 */
export function patchHead(
  { run, submitter, envelope, command }: Pick<RehearsalTask, 'run' | 'submitter' | 'envelope' | 'command'>,
  { commit, changeSet }: PatchOrigin,
  scrub: (text: string) => string,
): PatchHead {
  return {
    author: { name: authorName(scrub(submitter ?? '')), email: EMAIL },
    date: new Date(timeOfRun(run)),
    // Git takes brackets and the like away where a subject begins with them.
    subject: `Run ${envelope.task === undefined ? firstWords(scrub(command)) : scrub(envelope.task)}`,
    trailers: {
      'Drylane-Run': run,
      'Drylane-Base': commit,
      'Drylane-Change-Set': changeSet,
      'Drylane-Receipt': `/v1/runs/${run}/receipt`,
    },
  };
}

const NAME_BYTES = 60;
const SUBJECT_CHARACTERS = 60;

/** A name that git keeps as it is: it drops dots and the like at both ends, and a name of nothing else stops it (`ident.c`). */
function authorName(submitter: string): string {
  const words = submitter
    .normalize('NFC')
    .replaceAll('@', ' at ')
    .replaceAll(/[^\p{L}\p{N} ._/:+-]+/gu, '-');
  const name = trimmed(cutBytes(trimmed(words.replaceAll(/ +/g, ' ')), NAME_BYTES));
  return Buffer.byteLength(name) < 3 ? `drylane ${name}`.trim() : name;
}

const trimmed = (text: string): string =>
  text.replace(/^[^\p{L}\p{N}]+/u, '').replace(/[^\p{L}\p{N}]+$/u, '');

function cutBytes(text: string, most: number): string {
  let [cut, bytes] = ['', 0];
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > most) break;
    cut += character;
  }
  return cut;
}

/** The beginning of a command on one line, with nothing unseen in it. */
function firstWords(command: string): string {
  const line = visible(command.slice(0, 1000).toWellFormed().replaceAll(/\s+/g, ' ').trim());
  const characters = Array.from(line);
  return characters.length <= SUBJECT_CHARACTERS
    ? line
    : `${characters
        .slice(0, SUBJECT_CHARACTERS - 1)
        .join('')
        .trimEnd()}…`;
}
