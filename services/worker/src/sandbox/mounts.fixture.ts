import { mayMount } from './workspace.ts';

/** Has a test fail, and say what to type, where it may not mount. */
export function needsMounts(): void {
  if (!mayMount())
    throw new Error(
      'this test mounts, which takes CAP_SYS_ADMIN: run the tests with sudo npm test, and in a container with --cap-add SYS_ADMIN',
    );
}
