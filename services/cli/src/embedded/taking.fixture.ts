import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { keep } from '@drylane/dispatcher/desk/record';
import { rehearsedRun } from '@drylane/dispatcher/service/landable.fixture';
import { openServed, type Served } from '@drylane/dispatcher/service/served.fixture';
import type { RunId } from '@drylane/proto/ids';
import {
  changeSetBetween,
  dir,
  file,
  inPieces,
  type Made,
  Place,
  plant,
} from '@drylane/worker/promote/apply.fixture';
import { createClient, TERMS } from '../fleet/client.ts';
import { takingDesk } from '../fleet/taking.ts';
import type { Foreign } from './applying.ts';
import type { TakingDesk } from './taking.ts';

const BEFORE = { '': dir(), edit: file('old'), gone: file('gone') };
const AFTER = { '': dir(), edit: file('new'), add: file('a') };

/** A dispatcher, and a directory of this machine in which its runs land. */
export interface Taking extends AsyncDisposable {
  readonly served: Served;
  /** The directory. */
  readonly live: string;
  /** Another one with the same in it. */
  checkout(name: string): string;
  readonly state: string;
  /** Makes the directory what it was. */
  restore(): void;
  /** A run of `token:owner` that may land, and what this machine is told of it. */
  run(more?: Partial<Foreign>): Promise<Foreign>;
  /** The dispatcher as somebody with a token asks it. */
  desk(name?: string, url?: string): TakingDesk;
  token(name?: string): string;
  stateOf(run: RunId): Promise<string>;
}

export async function openTaking(): Promise<Taking> {
  const served = await openServed();
  const place = new Place(BEFORE, AFTER);
  const made: Made = await changeSetBetween(place.base, place.after);
  const { blobs } = served.place.fleet.desk;
  await keep(blobs, made.changeSet);
  for (const bytes of [made.layer, made.bases]) await blobs.putStream(inPieces(bytes));
  const texts: Record<string, string> = {};
  for (const name of ['owner', 'other']) texts[name] = await served.token(name, 'submitter', 'web');
  const token = (name = 'owner'): string => texts[name] ?? '';
  const terms = { ...TERMS, patience: { tries: 1, firstMs: 1, longestMs: 1 } };
  return {
    ...{ served, live: place.live, state: place.state, token },
    checkout(name) {
      const path = join(place.root, name);
      mkdirSync(path);
      plant(path, BEFORE);
      return path;
    },
    async run(more = {}) {
      const run = await rehearsedRun(served.place, { changeSet: made.digest });
      const { bound } = await served.sheet(run);
      const { changeSet, digest } = made;
      const fetch = async (part: 'layer' | 'bases') => inPieces(made[part]);
      return {
        ...{ run, bound, directory: place.live, merge: false },
        ...{ change: { changeSet, digest, fetch }, ...more },
      };
    },
    desk: (name, url = served.url) =>
      takingDesk(createClient({ base: url, host: new URL(url).host, token: token(name) }, terms)),
    restore() {
      rmSync(place.live, { recursive: true });
      mkdirSync(place.live);
      plant(place.live, BEFORE);
    },
    stateOf: async (run) => (await served.place.ledger.readRun(run)).run.state,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    },
  };
}

/** What of the change set stands in a directory; nothing in between is ever to be seen when all has come to its end. */
export function landedIn(directory: string): 'all' | 'nothing' | 'in between' {
  const seen = readdirSync(directory)
    .map((name) => `${name}=${readFileSync(join(directory, name), 'utf8')}`)
    .sort()
    .join(' ');
  if (seen === 'add=a edit=new') return 'all';
  return seen === 'edit=old gone=gone' ? 'nothing' : 'in between';
}
