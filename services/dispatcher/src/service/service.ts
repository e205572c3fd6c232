import { DrylaneError } from '@drylane/proto/errors';
import type { Fleet } from '../dispatch/fleet.ts';
import { createRoom } from '../dispatch/room.ts';
import { submit } from '../dispatch/submit.ts';
import type { Service } from '../http/service.ts';
import { isKeyOfSchedule } from '../schedule/due.ts';
import { claimingOf } from './claiming.ts';
import { classified } from './classifying.ts';
import { landingOf } from './landing.ts';
import { readingOf } from './reading.ts';

type Kept = 'addSchedule' | 'schedules' | 'schedule' | 'removeSchedule';

/** What the dispatcher does for whoever asks over HTTP. */
export function fleetService(fleet: Fleet, schedules: Pick<Service, Kept>): Service {
  const { desk } = fleet;
  const retryAfter = createRoom(fleet);
  return {
    ...readingOf(fleet),
    ...landingOf(fleet),
    ...claimingOf(fleet),
    ...schedules,
    async submit(who, envelope, { tenant, promote }) {
      if (isKeyOfSchedule(envelope.idempotency_key)) throw keyOfSchedule();
      const retryAfterS = await retryAfter(tenant, Date.now());
      if (retryAfterS !== undefined) return { outcome: 'full', retryAfterS };
      return submit(fleet, { envelope, tenant, submitter: who.id, promote });
    },
    keepWorkspace: (_, __, tar) => desk.blobs.putStream(tar),
    policy: async () => fleet.policy,
    classify: (asked) => classified(asked, fleet.policy.policy.risk),
  };
}

function keyOfSchedule(): DrylaneError {
  return new DrylaneError('bad-input', {
    field: 'idempotency_key',
    message: 'begins as those of schedules do',
    mend: 'choose another one',
  });
}
