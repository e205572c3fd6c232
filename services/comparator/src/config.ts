import { type Configuration, type Environment, readConfig } from '@drylane/chassis/config/config';
import { PROCESS_SECRETS, PROCESS_VARIABLES } from '@drylane/chassis/process/process';
import { z } from 'zod';

const ComparatorConfig = z.object(PROCESS_VARIABLES);

/** Reads a comparator's configuration. @throws DrylaneError `bad-input` with everything that is wrong. */
export function comparatorConfig(environment: Environment): Configuration<typeof ComparatorConfig> {
  return readConfig(ComparatorConfig, environment, { prefix: 'DRYLANE_', secrets: PROCESS_SECRETS });
}
