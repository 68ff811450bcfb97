// What is said of a code or a password that the server did not take.
import { ApiError } from './api';
import type { en } from '../words/en';

/** Why a code was not taken, in the reader's language where the status says it all. */
export function saysWrong(error: unknown, words: typeof en): string {
  const status = error instanceof ApiError ? error.status : 0;
  switch (status) {
    case 0:
      return words.login.unreachable;
    case 401:
      return words.second.wrong;
    case 409:
      return words.second.clock;
    case 410:
      return words.second.over;
    default:
      return (error as Error).message;
  }
}
