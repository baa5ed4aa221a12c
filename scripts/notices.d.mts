export function packageFolder(path: string): string | null;
export function isAllowed(license: string): boolean;
export function noticesOf(root: string, files: readonly string[]): string;
