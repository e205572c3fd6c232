/** Has a test fail, and say what to type, where it is not root: it changes owners, or acts as somebody else. */
export function needsRoot(): void {
  if (process.getuid?.() !== 0)
    throw new Error('this test needs root, to be more than one user: run the tests with sudo npm test');
}
