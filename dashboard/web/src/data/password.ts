// What the pages that ask for a new password hold against it before the server does.
import type { en } from '../words/en';

/** Characters at least. */
const LEAST = 12;

/** What is wrong with a new password that was typed twice; empty where nothing is. */
export function wrong(password: string, repeated: string, words: typeof en): string {
  if ([...password].length < LEAST) return words.first.short;
  return password === repeated ? '' : words.first.differs;
}
