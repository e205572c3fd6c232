import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '@drylane/dispatcher/ledger/event';
import type { Ledger } from '@drylane/dispatcher/ledger/ledger';
import { openPostgresLedger } from '@drylane/dispatcher/ledger/postgres';
import { keyIdOf } from '@drylane/dispatcher/receipt/sign';
import { verifyReceipts } from '@drylane/dispatcher/receipt/verify';
import { RunId } from '@drylane/proto/ids';
import { isEnd } from '@drylane/proto/lifecycle';
import { Receipt, type SignedReceipt } from '@drylane/proto/receipt';
import type { Fleet } from '../../fleet-journey/fleet.ts';
import { type Accepted, LANDED, pathOf } from './load.ts';

/** How all runs ended, as the ledger, the workspaces and the server that they reach tell it. */
export interface Account {
  /** How many ended in each way, by what they were for. */
  readonly ends: Readonly<Record<string, number>>;
  /** Why runs ended that did not land. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The runs of which nobody knows what came of them. */
  readonly unknown: readonly string[];
  /** How many changes landed, or commands ran for real, more than once. */
  readonly duplicates: number;
  /** Everything that must not be; empty where all is well. */
  readonly wrongs: readonly string[];
}

/** Those of these runs that have not ended. */
export async function unended(fleet: Fleet, accepted: readonly Accepted[]): Promise<readonly Accepted[]> {
  const ledger = await openPostgresLedger(fleet.database);
  try {
    const found = await Promise.all(accepted.map(({ run }) => ledger.readRun(RunId.parse(run))));
    return accepted.filter((_, i) => !isEnd(found[i]?.run.state ?? 'submitted'));
  } finally {
    await ledger.close();
  }
}

/** Draws up the account, from the ledger itself. `requests`: the paths that were asked for at the server. */
export async function accountOf(
  fleet: Fleet,
  accepted: readonly Accepted[],
  requests: readonly string[],
): Promise<Account> {
  const ledger = await openPostgresLedger(fleet.database);
  try {
    const receipts = await allReceipts(ledger);
    const ends: Record<string, number> = {};
    const reasons: Record<string, number> = {};
    const unknown: string[] = [];
    let duplicates = 0;
    const wrongs = [...chainWrongs(fleet, receipts), ...(await strangers(ledger, accepted))];
    const issued = Map.groupBy(receipts, runOf);
    for (const one of accepted) {
      const { run, events } = await ledger.readRun(RunId.parse(one.run));
      const facts: Facts = {
        ...{ run, claims: openClaims(events), landed: await linesOf(one) },
        receipts: issued.get(run.id)?.length ?? 0,
        asked: requests.filter((path) => path === pathOf(one.number)).length,
      };
      count(ends, `${one.purpose} ${run.state}`);
      if (run.reason !== null && one.purpose !== 'refused') count(reasons, `${run.state}: ${run.reason}`);
      if (run.state === 'unknown') unknown.push(run.id);
      if (Math.max(facts.landed, facts.asked, facts.claims) > 1) duplicates += 1;
      wrongs.push(...wrongsOf(facts).map((wrong) => `${run.id} (${one.purpose} ${run.state}) ${wrong}`));
    }
    return { ends, reasons, unknown, duplicates, wrongs };
  } finally {
    await ledger.close();
  }
}

function count(into: Record<string, number>, what: string): void {
  into[what] = (into[what] ?? 0) + 1;
}

type Events = Awaited<ReturnType<Ledger['readRun']>>['events'];

/** How many claims of a run were not given back. */
const openClaims = (events: Events): number =>
  events.reduce((open, { event }) => {
    if (event.type === 'claimed') return open + 1;
    return event.type === 'settled' && event.result === 'rolled-back' ? open - 1 : open;
  }, 0);

/** What is known of a run in the end. */
interface Facts {
  readonly run: Run;
  readonly receipts: number;
  readonly claims: number;
  /** How often its change is in its workspace, and how often its command ran for real. */
  readonly landed: number;
  readonly asked: number;
}

function wrongsOf({ run, receipts, claims, landed, asked }: Facts): readonly string[] {
  const { state, reason } = run;
  return [
    ...(isEnd(state) ? [] : [`has not ended: ${reason}`]),
    ...(receipts === 1 ? [] : [`has ${receipts} receipts`]),
    ...(claims <= 1 ? [] : [`was claimed ${claims} times`]),
    ...(mayHave(state, landed) ? [] : [`landed ${landed} times`]),
    ...(mayHaveAsked(run, asked) ? [] : [`ran live ${asked} times`]),
  ];
}

/** How often the change of a run may be there. */
function mayHave(state: string, landed: number): boolean {
  if (state === 'promoted') return landed === 1;
  return state === 'unknown' ? landed <= 1 : landed === 0;
}

/** How often a command may have run for real. */
function mayHaveAsked({ state, promotion_mode: mode }: Run, asked: number): boolean {
  if (mode !== 'rerun') return asked === 0;
  if (state === 'promoted') return asked === 1;
  return state === 'unknown' || state === 'diverged' ? asked <= 1 : asked === 0;
}

async function linesOf({ workspace, purpose }: Accepted): Promise<number> {
  if (purpose === 'refused') return 0;
  const text = await readFile(join(workspace, LANDED), 'utf8').catch(() => '');
  return text.split('\n').length - 1;
}

async function allReceipts(ledger: Ledger): Promise<readonly SignedReceipt[]> {
  const all: SignedReceipt[] = [];
  for (;;) {
    const page = await ledger.receipts({ from: all.length, limit: 1000 });
    all.push(...page);
    if (page.length === 0) return all;
  }
}

function chainWrongs({ signingKey }: Fleet, receipts: readonly SignedReceipt[]): readonly string[] {
  const key = createPublicKey(signingKey);
  const { breaks, good } = verifyReceipts(receipts, [{ key, keyId: keyIdOf(key) }]);
  const broken = breaks.map(({ message }) => `the chain of receipts: ${message}`);
  return good === receipts.length ? broken : [...broken, `${receipts.length - good} receipts do not hold`];
}

/** Runs that nobody asked for, or that were asked for once and are there twice. */
async function strangers(ledger: Ledger, accepted: readonly Accepted[]): Promise<readonly string[]> {
  const known = new Set(accepted.map(({ run }) => run));
  const wrongs = known.size === accepted.length ? [] : ['two submissions are one run'];
  for (let before: RunId | undefined; ; ) {
    const page = await ledger.listRuns({ limit: 1000, ...(before === undefined ? {} : { before }) });
    wrongs.push(...page.filter(({ id }) => !known.has(id)).map(({ id }) => `${id} is nobody's`));
    const last = page.at(-1);
    if (last === undefined) return wrongs;
    before = RunId.parse(last.id);
  }
}

const runOf = ({ payload }: SignedReceipt): string =>
  Receipt.parse(JSON.parse(Buffer.from(payload, 'base64').toString())).predicate.run;
