import type { Fleet } from '../dispatch/fleet.ts';
import { createRoom } from '../dispatch/room.ts';
import { submit } from '../dispatch/submit.ts';
import type { Service } from '../http/service.ts';
import { claimingOf } from './claiming.ts';
import { landingOf } from './landing.ts';
import { readingOf } from './reading.ts';

type Kept = 'addSchedule' | 'schedules' | 'schedule' | 'removeSchedule';

/** What the dispatcher does for whoever asks over HTTP. */
export function fleetService(fleet: Fleet, schedules: Pick<Service, Kept>): Service {
  const { desk } = fleet;
  const retryAfter = createRoom(fleet);
  return {
    ...readingOf(desk),
    ...landingOf(fleet),
    ...claimingOf(fleet),
    ...schedules,
    async submit(who, envelope, { tenant, promote }) {
      const retryAfterS = await retryAfter(tenant, Date.now());
      if (retryAfterS !== undefined) return { outcome: 'full', retryAfterS };
      return submit(fleet, { envelope, tenant, submitter: who.id, promote });
    },
    keepWorkspace: (_, __, tar) => desk.blobs.putStream(tar),
    policy: async () => fleet.policy,
  };
}
