import { DrylaneError } from '@drylane/proto/errors';
import type { Run } from './event.ts';
import type { Earlier, NewRun } from './ledger.ts';

type Answer = Run | Earlier;
type Submit = (submission: NewRun) => Promise<Answer>;

/** How submissions are written: each by itself, or many in one transaction, all or none of them. */
export interface Writing {
  readonly alone: Submit;
  readonly all: (submissions: readonly NewRun[]) => Promise<readonly Answer[]>;
}

/** How many are written in one transaction at most. */
const MOST = 64;
/** While one transaction waits for the disk, the next is gathered. */
const AT_ONCE = 2;

interface Waiting {
  readonly submission: NewRun;
  readonly resolve: (answer: Answer | Promise<Answer>) => void;
  readonly reject: (fault: unknown) => void;
}

/**
 * Writes what is submitted while others are being written in one transaction with it, so that the disk is waited for once for
 * many. One that comes alone is written at once; so is each where they cannot be written together, as none may fail because of
 * another. What ends at once needs the next place in the chain of receipts, and is always written alone.
 */
export function together({ alone, all }: Writing): Submit {
  const line: Waiting[] = [];
  let writing = 0;

  async function write(batch: readonly Waiting[]): Promise<void> {
    const apart = async (): Promise<void> => {
      const answers = batch.map(({ submission }) => alone(submission));
      for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer);
      await Promise.allSettled(answers);
    };
    if (batch.length === 1) return apart();
    try {
      const answers = await all(batch.map(({ submission }) => submission));
      for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer);
    } catch (fault) {
      // A database that is not there is not asked for each of them again.
      if (!(fault instanceof DrylaneError && fault.code === 'machine-unfit')) return apart();
      for (const { reject } of batch) reject(fault);
    }
  }

  function next(): void {
    while (writing < AT_ONCE && line.length > 0) {
      writing += 1;
      const batch = line.splice(0, MOST);
      void write(batch).finally(() => {
        writing -= 1;
        next();
      });
    }
  }

  return async (submission) => {
    if (submission.issue !== undefined) return alone(submission);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    line.push({ submission, resolve, reject });
    next();
    return promise;
  };
}
