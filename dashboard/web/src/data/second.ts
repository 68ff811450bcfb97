// What is said of a code or a password that the server did not take.
import { ApiError } from './api';
import type { en } from '../words/en';

/** Why a code was not taken, in the reader's language where the status says it all. */
export function saysWrong(error: unknown, words: typeof en): string {
  if (!(error instanceof ApiError)) return words.login.unreachable;
  switch (error.status) {
    case 0:
      return words.login.unreachable;
    case 401:
      return words.second.wrong;
    case 409:
      return words.second.clock;
    case 410:
      return words.second.over;
    case 422:
      return words.second.neither;
    case 429:
      return words.login.locked(error.wait);
    default:
      return error.message;
  }
}
