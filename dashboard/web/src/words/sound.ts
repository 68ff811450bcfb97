// What a screen says of its sound, in each language; its shape in English is the contract.
export const en = {
  title: 'Sound on this screen',
  on: 'Sound is on',
  off: 'Sound is off',
  turnOn: 'Turn the sound of this screen on',
  turnOff: 'Turn the sound of this screen off',
  refused: 'This browser does not let the page sound: click anywhere on it.',
  unable: 'This browser has no sound.',
  for: { critical: 'critical alarm', untold: 'nobody can be told', lost: 'no contact with the server' },
  sounds: (what: string) => `It sounds: ${what}`,
  silence: 'Silence for 5 min',
  silent: (until: string) => `Silenced until ${until}; what is new sounds.`,
  again: 'Sound again',
};

export const nl: typeof en = {
  title: 'Geluid op dit scherm',
  on: 'Het geluid is aan',
  off: 'Het geluid is uit',
  turnOn: 'Zet het geluid van dit scherm aan',
  turnOff: 'Zet het geluid van dit scherm uit',
  refused: 'Deze browser laat de pagina geen geluid maken: klik er ergens op.',
  unable: 'Deze browser heeft geen geluid.',
  for: { critical: 'kritiek alarm', untold: 'niemand is te bereiken', lost: 'geen contact met de server' },
  sounds: (what: string) => `Het klinkt: ${what}`,
  silence: '5 min stil',
  silent: (until: string) => `Stil tot ${until}; wat nieuw is klinkt.`,
  again: 'Weer geluid',
};
