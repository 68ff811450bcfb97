// What stands on the answer to an alarm: until when somebody has it, that they give it back, and that they take all of its incident.
import type { Language } from './quantities';

interface AnswerWords {
  until: string;
  untilOver: string;
  forSo: (time: string) => string;
  heldUntil: (time: string) => string;
  giveBack: string;
  giveBackNote: string;
  gaveBack: (name: string, time: string) => string;
  hadUntil: (name: string, time: string) => string;
  all: (count: number) => string;
  others: (count: number) => string;
}

export const answerWords: Record<Language, AnswerWords> = {
  en: {
    until: 'Until when',
    untilOver: 'until it is over',
    forSo: (time) => `for ${time}, then it is told again`,
    heldUntil: (time) => `until ${time}`,
    giveBack: 'Give it back',
    giveBackNote: 'It stands and nobody has it then. Whoever is called for it is told so.',
    gaveBack: (name, time) => `${name} gave it back ${time}`,
    hadUntil: (name, time) => `${name} had it until ${time}`,
    all: (count) => `Acknowledge all ${count} of this incident`,
    others: (count) => (count === 1 ? '1 alarm was not acknowledged: look at it as it stands now.' : `${count} alarms were not acknowledged: look at them as they stand now.`),
  },
  nl: {
    until: 'Tot wanneer',
    untilOver: 'tot het voorbij is',
    forSo: (time) => `${time}, dan wordt het opnieuw gemeld`,
    heldUntil: (time) => `tot ${time}`,
    giveBack: 'Geef het terug',
    giveBackNote: 'Het staat dan en niemand heeft het. Wie ervoor wordt opgeroepen hoort dat.',
    gaveBack: (name, time) => `${name} gaf het terug ${time}`,
    hadUntil: (name, time) => `${name} had het tot ${time}`,
    all: (count) => `Bevestig alle ${count} van dit incident`,
    others: (count) => (count === 1 ? '1 alarm is niet bevestigd: kijk hoe het nu staat.' : `${count} alarmen zijn niet bevestigd: kijk hoe ze nu staan.`),
  },
};
