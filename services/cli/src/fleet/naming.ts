import { DrylaneError } from '@drylane/proto/errors';
import { RunId } from '@drylane/proto/ids';
import { RunPage } from './answers.ts';
import type { Client } from './client.ts';

/** The id of a run that is read; `last` names the newest that may be seen. */
export async function runToRead(client: Client, name: string): Promise<RunId> {
  if (name !== 'last') return runId(name);
  const page = await client.ask(RunPage, { method: 'GET', path: '/v1/runs', query: { limit: '1' } });
  const [newest] = page.runs;
  if (newest !== undefined) return newest.id;
  throw new DrylaneError('not-found', {
    field: 'run',
    message: 'there are no runs that this token may see',
    mend: "make one: drylane rehearse --read-only -- 'ls'",
  });
}

/** The id of a run that something is done to. @throws DrylaneError `bad-input`: the newest may be anybody's. */
export function runToMove(name: string): RunId {
  if (name !== 'last') return runId(name);
  throw new DrylaneError('bad-input', {
    field: 'run',
    message: 'is named "last", and in a fleet that may be anybody’s',
    mend: 'name it by its id: drylane runs lists them',
  });
}

function runId(text: string): RunId {
  const result = RunId.safeParse(text);
  if (result.success) return result.data;
  throw badId('run', text, 'drylane runs');
}

/** The refusal of what is no id. It is never sent: it could lead to another thing. */
export function badId(field: 'run' | 'schedule' | 'token', text: string, lister: string): DrylaneError {
  return new DrylaneError('bad-input', {
    field,
    message: `${text} is not a ${field}'s id`,
    mend: `${lister} lists them`,
  });
}
