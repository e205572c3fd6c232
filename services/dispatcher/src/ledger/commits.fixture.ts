import pg from 'pg';

export interface Commits {
  readonly rows: number;
  readonly connections: number;
}

/**
 * Writes rows of a kilobyte into a table of their own, each committed by itself: the least that a server can do for
 * something that is to last. Answers how many it did in a second.
 */
export async function commitRows(url: string, { rows, connections }: Commits): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  try {
    await pool.query('create table if not exists bench_rows (id bigserial primary key, text text not null)');
    const text = 'x'.repeat(1024);
    let left = rows;
    const startedAt = performance.now();
    const one = async (): Promise<void> => {
      while (left-- > 0) await pool.query('insert into bench_rows (text) values ($1)', [text]);
    };
    await Promise.all(Array.from({ length: connections }, one));
    return (rows * 1000) / (performance.now() - startedAt);
  } finally {
    await pool.end();
  }
}
