// What is said where single sign-on let nobody in.
import { ApiError } from './api';
import type { en } from '../words/en';

/** Why, in the reader's language. */
export function saysNotSignedOn(error: unknown, words: typeof en): string {
  if (!(error instanceof ApiError) || error.status === 0) return words.login.unreachable;
  const reasons: Record<string, string> = words.signOn.reasons;
  return reasons[error.reason] ?? error.message;
}
