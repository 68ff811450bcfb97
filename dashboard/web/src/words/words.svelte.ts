// Which language is spoken: the site's, until the reader chooses another.
import { en, type Words } from './en';
import { nl } from './nl';

export const LANGUAGES: Words[] = [en, nl];
const KEY = 'plenum-language';

class Language {
  private site = $state(navigator.language.startsWith('nl') ? 'nl' : 'en');
  private chosen = $state(localStorage.getItem(KEY));

  get words(): Words {
    return (this.chosen ?? this.site) === 'nl' ? nl : en;
  }

  setSite(code: string): void {
    this.site = code;
  }

  /** What is done when the reader has chosen: the server's sentences are asked for again. */
  whenChosen: () => void = () => undefined;

  choose(code: string): void {
    const before = this.words;
    this.chosen = code;
    localStorage.setItem(KEY, code);
    if (this.words !== before) this.whenChosen();
  }
}

export const language = new Language();

/** The words of the language that is spoken now. */
export function w(): Words {
  return language.words;
}
