export const root: string;
export const dist: string;
export function requireNode(): void;
export function ensureModules(): void;
export function distIsStale(): boolean;
