export const BUNDLES: string;
export const MANIFEST: string;
export function freshBundle(checkout: string): string | undefined;
