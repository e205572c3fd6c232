import { visible } from '@drylane/chassis/redact/visible';
import type { Policy } from '@drylane/proto/policy';
import type { Command } from 'commander';
import { type Context, colours, printJson, writeBytes } from '../context.ts';
import type { Tried } from '../embedded/examples.ts';
import { EXIT } from '../exit.ts';
import { hintsOn } from '../policy-hints.ts';
import type { Colours } from '../terminal.ts';

const POLICY = 'a policy: YAML or JSON, or one that comes with drylane by its name: standard, strict, open';

export function registerPolicy(root: Command, context: Context, done: (status: number) => void): void {
  const policy = root
    .command('policy')
    .description('work with the policy that operators own')
    .addHelpText('after', '\nExample:\n  drylane policy show strict > policy.yaml\n');
  registerCheck(policy, context, done);
  registerTest(policy, context, done);
  policy
    .command('show')
    .description('print a policy that comes with drylane, or a file')
    .argument('<policy>', POLICY)
    .addHelpText('after', '\nExample:\n  drylane policy show strict > policy.yaml\n')
    .action(async (file: string) => {
      const { readPolicy } = await import('../embedded/tools.ts');
      await writeBytes(context, await readPolicy(file));
      done(EXIT.ok);
    });
}

function registerCheck(policy: Command, context: Context, done: (status: number) => void): void {
  policy
    .command('check')
    .description('load a policy, report every error with its place, say what it means')
    .argument('<policy>', POLICY)
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExample:\n  drylane policy check policy.yaml\n')
    .action(async (file: string, options: { json?: boolean }) => {
      const { checkPolicy } = await import('../embedded/tools.ts');
      const { digest, policy: loaded, tests } = await checkPolicy(file);
      const counts = { rules: loaded.rules.length, tests: tests.length };
      const hints = hintsOn(loaded);
      if (options.json) printJson(context, { ok: true, digest, ...counts, hints });
      else {
        const lines = [
          `${colours(context).green('good')}  ${digest}`,
          ...meaning(loaded),
          examplesIn(counts.tests),
          ...hints.map((hint) => `hint:       ${hint}`),
        ];
        context.stdout.write(lines.map((line) => `${line}\n`).join(''));
      }
      done(EXIT.ok);
    });
}

function registerTest(policy: Command, context: Context, done: (status: number) => void): void {
  policy
    .command('test')
    .description('try the example runs that a policy carries; none is rehearsed')
    .argument('<policy>', POLICY)
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      '\nExits 2 where an example comes to something else than the policy says.\n\nExample:\n  drylane policy test policy.yaml\n',
    )
    .action(async (file: string, options: { json?: boolean }) => {
      const { testPolicy } = await import('../embedded/tools.ts');
      const { digest, tried } = await testPolicy(file);
      const ok = tried.every(({ differences }) => differences.length === 0);
      if (options.json) printJson(context, { ok, digest, tests: tried });
      else context.stdout.write(renderTried(tried, colours(context)));
      done(ok ? EXIT.ok : EXIT['bad-input']);
    });
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
const examplesIn = (count: number): string =>
  count === 0
    ? 'tests:      none'
    : `tests:      ${plural(count, 'example')}; drylane policy test tries them`;

/** A policy in a few lines. */
function meaning({
  risk,
  approvals,
  rules,
  severities,
  network,
  credentials,
  images,
}: Policy): readonly string[] {
  const { live, rehearsal } = approvals;
  const asks = (who: string, level: string): string =>
    level === 'never' ? 'asks nobody' : `asks ${who} from ${level} risk on`;
  const people = live.quorum === 1 ? 'a person' : plural(live.quorum, 'person').replace('persons', 'people');
  const terms = `, within ${live.expires}${live.sticky ? ', once for the same changes' : ''}`;
  const counts = (['block', 'hold', 'note'] as const).flatMap((severity) => {
    const { length } = rules.filter((rule) => rule.severity === severity);
    return length === 0 ? [] : [`${length} ${severity}`];
  });
  const raised = Object.entries(severities).map(([name, severity]) => `${name} ${severity}`);
  return [
    `risk:       medium from ${risk.medium}, high from ${risk.high}`,
    `rehearsal:  ${asks('a person', rehearsal.from)}`,
    `live:       ${asks(people, live.from)}${live.from === 'never' ? '' : terms}`,
    `may name:   ${plural(network.declarable.length, 'host')}, ${plural(Object.keys(credentials).length, 'credential')}, ${plural(images.allowed.length, 'image')}`,
    `rules:      ${counts.length === 0 ? 'none' : counts.join(', ')}`,
    ...(raised.length === 0 ? [] : [`raised:     ${raised.join(', ')}`]),
  ];
}

function renderTried(tried: readonly Tried[], paint: Colours): string {
  const failed = tried.filter(({ differences }) => differences.length > 0).length;
  const lines = tried.flatMap(({ name, place, got, findings, refusals, differences }) => {
    if (differences.length === 0) return [`${paint.green('ok')}    ${visible(name)}   ${paint.dim(got)}`];
    return [
      `${paint.red('FAIL')}  ${visible(name)}   ${paint.dim(visible(place))}`,
      ...differences.map((difference) => `      ${visible(difference)}`),
      ...findings.map(({ rule, severity, message }) =>
        paint.dim(`      ${severity} ${rule}: ${visible(message)}`),
      ),
      ...refusals.map(({ field, message }) =>
        paint.dim(`      refused ${visible(field)}: ${visible(message)}`),
      ),
    ];
  });
  const sum = failed === 0 ? 'all as expected' : paint.red(`${failed} otherwise than expected`);
  return `${lines.join('\n')}\n\n${plural(tried.length, 'example')}, ${sum}\n`;
}
