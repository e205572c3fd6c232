import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changeSetBetween, type Made, type Place } from '@drylane/worker/promote/apply.fixture';
import { CHILD, type Errand } from './apply-child.ts';
import type { Mixed } from './apply-mixed.ts';

/** A change set that children can read. */
export interface Prepared {
  readonly trees: Mixed;
  readonly made: Made;
  readonly path: string;
}

/** Makes the change set of a place, and puts it beside it. */
export async function makeSet(place: Place, trees: Mixed): Promise<Prepared> {
  const made = await changeSetBetween(place.base, place.after, trees.timed);
  const path = join(place.root, 'made');
  mkdirSync(path);
  const { changeSet, digest } = made;
  writeFileSync(join(path, 'change-set.json'), JSON.stringify({ changeSet, digest }));
  writeFileSync(join(path, 'layer.tar'), made.layer);
  return { trees, made, path };
}

const CHECKOUT = join(import.meta.dirname, '../..');

/** Mounts the first argument at the second, for this process alone, and becomes the rest. */
const THROUGH = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';

/** A child of another user, who comes to the checkout by way of `door`: it may stand where only its owner may go. */
function asUser(user: number, door: string, command: readonly string[]): readonly string[] {
  mkdirSync(door, { recursive: true });
  const there = command.map((word) =>
    word.startsWith(`${CHECKOUT}/`) ? door + word.slice(CHECKOUT.length) : word,
  );
  const dropped = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--', ...there];
  return ['unshare', '--mount', 'sh', '-c', THROUGH, 'sh', CHECKOUT, door, ...dropped];
}

/** Who runs a child, and what happens while it runs. */
interface Circumstances {
  readonly user?: number;
  readonly meanwhile?: (kill: () => void) => Promise<void>;
}

/** Has a child apply or recover, killed before a call, or by `meanwhile`: what it answered, undefined if it died. */
export async function inChild(
  work: Errand['work'],
  { path }: Prepared,
  { live, state, runId }: Place,
  at: number,
  { user, meanwhile = async () => {} }: Circumstances = {},
): Promise<unknown> {
  const errand: Errand = { ...{ work, workspace: live, stateDir: state, made: path, runId, at } };
  const options = {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...(user === undefined ? { NODE_COMPILE_CACHE: join(path, 'compiled') } : {}) },
    cwd: '/',
  } satisfies SpawnOptions;
  const command = [process.execPath, CHILD, JSON.stringify(errand)];
  const [program = '', ...args] =
    user === undefined ? command : asUser(user, join(path, 'checkout'), command);
  const child = spawn(program, args, options);
  const closed = once(child, 'close');
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await Promise.race([child.stdout === null ? closed : once(child.stdout, 'data'), closed]);
  await meanwhile(() => child.kill('SIGKILL'));
  const [status, signal] = await closed;
  if (signal !== 'SIGKILL' && status !== 0) throw new Error(`a child ended with ${status}`);
  const answer = /^ended (.*)$/m.exec(said)?.[1];
  return answer === undefined ? undefined : JSON.parse(answer);
}
