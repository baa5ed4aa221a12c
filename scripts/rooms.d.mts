export interface Room {
  readonly paths: readonly string[];
  readonly imports: readonly string[];
}
export interface ImportRule {
  readonly name: string;
  readonly comment: string;
  readonly severity: 'error';
  readonly from: { readonly path: readonly string[] };
  readonly to: { readonly path: string; readonly pathNot: readonly string[] };
}
export function readRooms(markdown: string): readonly Room[];
export function importRules(rooms: readonly Room[]): readonly ImportRule[];
