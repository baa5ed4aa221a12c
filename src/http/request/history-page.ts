// The page of a history that a query asks for.
import Type from 'typebox';
import { MOST_ON_PAGE, PAGE, type Page } from '../../projections/views/history-page.ts';
import { wholeNumber } from './event-filter.ts';

/** The parameters of the query and their meanings. */
export const HISTORY_PAGE = {
  limit: Type.Integer({ minimum: 1, maximum: MOST_ON_PAGE, default: PAGE, description: 'Versions a page.' }),
  before: Type.Integer({ minimum: 1, description: 'Only versions whose number is lower: the `next` of the page before.' }),
};

/** Throws Failure 'invalid'. */
export function pageIn(query: URLSearchParams): Page {
  const limit = wholeNumber(query, 'limit', 1, MOST_ON_PAGE) ?? PAGE;
  const before = wholeNumber(query, 'before', 1, Number.MAX_SAFE_INTEGER);
  return { limit, ...(before !== undefined && { before }) };
}
