import { type Environment, findProgram } from './command.ts';
import { planPrometheus } from './plan.ts';
import type { Say } from './say.ts';
import { installWithoutService } from './service.ts';

/** What making Prometheus available takes. */
export interface PrometheusSettings {
  readonly say: Say;
  readonly env: Environment;
  readonly log: string;
  readonly root: boolean;
  readonly systems: ReadonlySet<string>;
}

/** Whether the server's program and the one that checks its rules are installed; tests start a server of their own. */
export async function hasPrometheus(): Promise<boolean> {
  return (await findProgram('prometheus')) !== null && (await findProgram('promtool')) !== null;
}

/** Installs Prometheus where that can be done here, without leaving it running; says what to type where it cannot. */
export async function providePrometheus({ say, env, log, ...facts }: PrometheusSettings): Promise<void> {
  const plan = planPrometheus({ ...facts, installed: await hasPrometheus() });
  if (plan.kind === 'use') return;
  if (plan.kind === 'leave')
    return say.line(`Prometheus is not installed, and tests that need it will fail; type: ${plan.mend}`);
  await say.during('installing Prometheus', () => installWithoutService('prometheus', { env, log }));
}
