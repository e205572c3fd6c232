import { expect } from 'vitest';
import { family } from './pair.ts';

const MANY = `python3 -c '
import os, sys
os.makedirs("src/many", exist_ok=True)
for i in range(int(sys.argv[1])):
    open("%s%06d" % (sys.argv[2], i), "w").write("x\\n")'`;

const NEST = `python3 -c '
import os, sys
os.chdir("src")
for i in range(int(sys.argv[1])):
    os.mkdir("d"); os.chdir("d")
open("bottom", "w").write("x")'`;

family('sizes', (hostile, ground) => {
  const roomy = { limits: { disk: '1Gi', memory: '1Gi', timeout: '60s' } };
  hostile(
    '100,000 changed files',
    {
      under: roomy,
      control: `${MANY} 100000 src/many/`,
      attack: `${MANY} 100000 many-; mkdir elsewhere`,
      finds: ['surprise-path'],
      denied: ({ evidence }) => {
        expect(evidence.complete).toBe(true);
        const files = evidence.changes.filter(({ path }) => path.startsWith('many-'));
        expect(files.reduce((sum, { entries }) => sum + entries, 0)).toBe(100_000);
      },
    },
    'beside one another',
  );

  hostile('a 5 GB sparse file', {
    under: { limits: { disk: '64Mi' } },
    control: 'truncate -s 50M src/sparse',
    attack: 'truncate -s 5G src/sparse; true',
    finds: ['resource-limit'],
    denied: ({ evidence }) => expect(evidence.disk_full).toBe(true),
  });

  hostile('deep directory nests', {
    under: { writes: ['src/**'], limits: { timeout: '60s' } },
    control: `${NEST} 50`,
    attack: `${NEST} 8000; touch reached`,
    finds: ['surprise-path'],
    denied: async ({ evidence, run_id }) => {
      const nest = evidence.changes.filter(({ path }) => path === 'src' || path.startsWith('src/d'));
      expect(nest.length > 0 || !evidence.complete).toBe(true);
      expect(await ground().shown(['show', run_id])).toContain('surprise');
    },
  });
});
