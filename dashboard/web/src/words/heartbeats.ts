// What the list of jobs that say that they ran says, in each language; its shape in English is the contract.
export const en = {
  title: 'Jobs that say that they ran',
  standing: { well: 'ran in time', awaited: 'awaited, never ran', late: 'late', unfinished: 'not finished', missed: 'missed', failed: 'failed' },
  ran: (ago: string) => `ran ${ago}`,
  never: 'never ran',
  every: (every: string, grace: string) => `every ${every}, missed ${grace} later`,
};

export const nl: typeof en = {
  title: 'Taken die melden dat zij draaiden',
  standing: { well: 'op tijd gedraaid', awaited: 'verwacht, nooit gedraaid', late: 'laat', unfinished: 'niet klaar', missed: 'gemist', failed: 'mislukt' },
  ran: (ago: string) => `draaide ${ago}`,
  never: 'nooit gedraaid',
  every: (every: string, grace: string) => `elke ${every}, gemist ${grace} later`,
};
