export const root: string;
export const dist: string;
export const setUpDist: string;
export function requireNode(): void;
export function ensureModules(): void;
export function distIsStale(): boolean;
