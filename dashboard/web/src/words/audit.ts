// What the screen of the audit log says beside its lines, in each language; its shape in English is the contract.
export const en = {
  title: 'Audit log',
  subtitle: 'who did, read or was refused what',
  none: 'Nothing is written down yet.',
  older: 'Older lines',
  export: 'Export',
  at: 'When',
  who: 'Who',
  what: 'What',
  from: 'From',
  ended: 'How it ended',
  kinds: { nobody: 'somebody unknown', monitor: 'Plenum itself', person: 'person', program: 'program', link: 'person by a link', agent: 'agent' },
  times: (count: number) => `${count} times`,
  signed: 'Each line is chained to the one before it, and the chain is signed. `plenum audit verify` on the server finds any line that was changed, dropped, swapped or cut.',
};

export const nl: typeof en = {
  title: 'Auditlogboek',
  subtitle: 'wie wat deed, bekeek of niet mocht',
  none: 'Er is nog niets opgeschreven.',
  older: 'Oudere regels',
  export: 'Exporteren',
  at: 'Wanneer',
  who: 'Wie',
  what: 'Wat',
  from: 'Vanaf',
  ended: 'Hoe het afliep',
  kinds: { nobody: 'een onbekende', monitor: 'Plenum zelf', person: 'persoon', program: 'programma', link: 'persoon met een link', agent: 'agent' },
  times: (count: number) => `${count} keer`,
  signed: 'Elke regel zit vast aan de vorige en de keten is ondertekend. `plenum audit verify` op de server vindt elke regel die is gewijzigd, weggelaten, verwisseld of afgeknipt.',
};
