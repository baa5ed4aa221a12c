// The answer to a command that goes on: 202, with the place where its outcome will be.
import { Code } from '../../commands/api-codes.ts';
import type { CommandOutcome, OperationInfo } from '../../commands/service.ts';
import type { Preference } from '../request/preference.ts';
import { type Answer, jsonText } from './answer.ts';
import { JSON_TYPE } from './prepared-answers.ts';
import { RawAnswer } from './raw-answer.ts';

export const OPERATIONS = '/api/v1/operations';

/**
 * Resolves with the outcome, or as soon as the client would rather not wait for it with the operation that has begun. `underWay`: that operation as it
 * is by then; null where it has ended meanwhile.
 */
export async function outcomeOrOperation(
  { respondAsync, waitMs }: Preference,
  submit: (onBegun?: (operation: string) => void) => Promise<CommandOutcome>,
  underWay: (id: string) => OperationInfo | null,
): Promise<{ readonly outcome: CommandOutcome } | { readonly operation: OperationInfo }> {
  if (!respondAsync) return { outcome: await submit() };
  let onBegun: (operation: string) => void = () => {};
  const begun = new Promise<string>((resolve) => {
    onBegun = resolve;
  });
  const submitted = submit(onBegun);
  let timer: NodeJS.Timeout | undefined;
  const waited = begun.then((id) => {
    if (waitMs === 0) return id;
    return new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(id), waitMs);
    });
  });
  const first = await Promise.race([submitted, waited]).finally(() => clearTimeout(timer));
  const operation = typeof first === 'string' ? underWay(first) : null;
  if (operation === null) return { outcome: await submitted };
  // Nobody waits for it any more; how the operation ends is in the log.
  submitted.catch(() => {});
  return { operation };
}

export const accepted = (operation: OperationInfo): RawAnswer =>
  new RawAnswer((ctx) => {
    ctx.status = 202;
    ctx.set({ Location: `${OPERATIONS}/${operation.id}`, 'Preference-Applied': 'respond-async' });
    ctx.type = JSON_TYPE;
    ctx.body = jsonText({ code: Code.success, msg: 'Accepted', data: { operation } } satisfies Answer);
  });
