import { digestOf } from '@drylane/proto/digest';
import { DrylaneError } from '@drylane/proto/errors';
import { describe, expect, it } from 'vitest';
import { keeper } from './keeper.ts';

/** A store that counts what is put into it, and fails as often as it is told to. */
function store(failures = 0) {
  const seen = { puts: 0 };
  const put = async (bytes: Uint8Array) => {
    seen.puts += 1;
    if (seen.puts <= failures)
      throw new DrylaneError('unavailable', { field: 'blobs', message: '', mend: '' });
    return digestOf(bytes);
  };
  return { seen, put };
}

describe('what every run rests on', () => {
  it('is kept once for all who ask at the same time, and again a minute later', async () => {
    const { seen, put } = store();
    const kept = keeper({ put }, { version: 1 });
    await Promise.all([kept(0), kept(0), kept(59_999)]);
    expect(seen.puts).toBe(1);
    await kept(60_000);
    expect(seen.puts).toBe(2);
  });

  it('is kept again after a clock was set back', async () => {
    const { seen, put } = store();
    const kept = keeper({ put }, {});
    await kept(1_000_000);
    await kept(0);
    expect(seen.puts).toBe(2);
  });

  it('is not believed to be there where it could not be kept', async () => {
    const { seen, put } = store(1);
    const kept = keeper({ put }, {});
    const both = await Promise.allSettled([kept(0), kept(0)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await kept(1);
    expect(seen.puts).toBe(2);
  });
});
