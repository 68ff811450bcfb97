// Every quantity: its name, and how its number is shown or what its states are called. Written by `.ci/write` from
// protocol/src/quantity/table.rs: do not edit it.

export type Language = 'en' | 'nl';

export interface Called {
  name: Record<Language, string>;
  /** The factor from the SenML unit, and the decimals. */
  number?: { unit: string; factor: number; decimals: number };
  /** False, true. */
  states?: Record<Language, [string, string]>;
}

export const QUANTITIES: Record<string, Called> = {
  temperature: { name: { en: 'Temperature', nl: 'Temperatuur' }, number: { unit: '°C', factor: 1, decimals: 1 } },
  humidity: { name: { en: 'Humidity', nl: 'Vochtigheid' }, number: { unit: '%RH', factor: 1, decimals: 0 } },
  'dew-point': { name: { en: 'Dew point', nl: 'Dauwpunt' }, number: { unit: '°C', factor: 1, decimals: 1 } },
  pressure: { name: { en: 'Pressure', nl: 'Luchtdruk' }, number: { unit: 'hPa', factor: 0.01, decimals: 0 } },
  'differential-pressure': { name: { en: 'Differential pressure', nl: 'Drukverschil' }, number: { unit: 'Pa', factor: 1, decimals: 1 } },
  voltage: { name: { en: 'Voltage', nl: 'Spanning' }, number: { unit: 'V', factor: 1, decimals: 0 } },
  'input-voltage': { name: { en: 'Input voltage', nl: 'Ingangsspanning' }, number: { unit: 'V', factor: 1, decimals: 0 } },
  'output-voltage': { name: { en: 'Output voltage', nl: 'Uitgangsspanning' }, number: { unit: 'V', factor: 1, decimals: 0 } },
  'battery-voltage': { name: { en: 'Battery voltage', nl: 'Accuspanning' }, number: { unit: 'V', factor: 1, decimals: 1 } },
  current: { name: { en: 'Current', nl: 'Stroom' }, number: { unit: 'A', factor: 1, decimals: 1 } },
  power: { name: { en: 'Power', nl: 'Vermogen' }, number: { unit: 'kW', factor: 0.001, decimals: 1 } },
  'apparent-power': { name: { en: 'Apparent power', nl: 'Schijnbaar vermogen' }, number: { unit: 'kVA', factor: 0.001, decimals: 1 } },
  frequency: { name: { en: 'Frequency', nl: 'Frequentie' }, number: { unit: 'Hz', factor: 1, decimals: 1 } },
  load: { name: { en: 'Load', nl: 'Belasting' }, number: { unit: '%', factor: 100, decimals: 0 } },
  'battery-charge': { name: { en: 'Charge', nl: 'Lading' }, number: { unit: '%', factor: 1, decimals: 0 } },
  'battery-runtime': { name: { en: 'Runtime', nl: 'Accutijd' }, number: { unit: 'min', factor: 0.016666666666666666, decimals: 0 } },
  'battery-temperature': { name: { en: 'Battery temperature', nl: 'Accutemperatuur' }, number: { unit: '°C', factor: 1, decimals: 1 } },
  co2: { name: { en: 'CO₂', nl: 'CO₂' }, number: { unit: 'ppm', factor: 1000000, decimals: 0 } },
  particles: { name: { en: 'Particles', nl: 'Fijnstof' }, number: { unit: 'µg/m³', factor: 1000000000, decimals: 0 } },
  level: { name: { en: 'Level', nl: 'Niveau' }, number: { unit: '%', factor: 100, decimals: 0 } },
  age: { name: { en: 'Age', nl: 'Ouderdom' }, number: { unit: 'h', factor: 0.0002777777777777778, decimals: 1 } },
  smoke: { name: { en: 'Smoke', nl: 'Rook' }, states: { en: ['no smoke', 'smoke'], nl: ['geen rook', 'rook'] } },
  water: { name: { en: 'Water', nl: 'Lekkage' }, states: { en: ['dry', 'wet'], nl: ['droog', 'nat'] } },
  'door-open': { name: { en: 'Door', nl: 'Deur' }, states: { en: ['shut', 'open'], nl: ['dicht', 'open'] } },
  'mains-present': { name: { en: 'Mains', nl: 'Netspanning' }, states: { en: ['lost', 'present'], nl: ['weg', 'aanwezig'] } },
  'generator-running': { name: { en: 'Generator', nl: 'Noodaggregaat' }, states: { en: ['standby', 'running'], nl: ['stand-by', 'draait'] } },
  'generator-carrying': { name: { en: 'Generator load', nl: 'Last op aggregaat' }, states: { en: ['no load', 'carries the load'], nl: ['geen last', 'draagt de last'] } },
  'cooling-fault': { name: { en: 'Fault contact', nl: 'Storingscontact' }, states: { en: ['no fault', 'fault'], nl: ['geen storing', 'storing'] } },
  'cooling-running': { name: { en: 'Operation', nl: 'Bedrijf' }, states: { en: ['off', 'running'], nl: ['uit', 'draait'] } },
  'extinguisher-released': { name: { en: 'Extinguisher', nl: 'Blusinstallatie' }, states: { en: ['ready', 'released'], nl: ['gereed', 'geblust'] } },
  'contact-fault': { name: { en: 'Fault contact', nl: 'Storingscontact' }, states: { en: ['no fault', 'fault'], nl: ['geen storing', 'storing'] } },
  'ups-on-line': { name: { en: 'On mains', nl: 'Op het net' }, states: { en: ['not on mains', 'on mains'], nl: ['niet op het net', 'op het net'] } },
  'ups-on-battery': { name: { en: 'On battery', nl: 'Op accu' }, states: { en: ['not on battery', 'on battery'], nl: ['niet op accu', 'op accu'] } },
  'ups-battery-low': { name: { en: 'Battery', nl: 'Accu' }, states: { en: ['not low', 'battery low'], nl: ['niet laag', 'accu laag'] } },
  'ups-replace-battery': { name: { en: 'Battery state', nl: 'Accutoestand' }, states: { en: ['good', 'replace battery'], nl: ['goed', 'accu vervangen'] } },
  'ups-bypass': { name: { en: 'Bypass', nl: 'Bypass' }, states: { en: ['no', 'on bypass'], nl: ['nee', 'op bypass'] } },
  'ups-boost': { name: { en: 'Boost or trim', nl: 'Boost of trim' }, states: { en: ['no', 'boosts or trims'], nl: ['nee', 'boost of trim'] } },
  'ups-overload': { name: { en: 'Overload', nl: 'Overbelasting' }, states: { en: ['no', 'overloaded'], nl: ['nee', 'overbelast'] } },
  'ups-off': { name: { en: 'Output', nl: 'Uitgang' }, states: { en: ['on', 'off'], nl: ['aan', 'uit'] } },
  'ups-forced-shutdown': { name: { en: 'Shutdown', nl: 'Afsluiting' }, states: { en: ['no', 'shuts down'], nl: ['nee', 'sluit af'] } },
  'ups-fault': { name: { en: 'UPS fault', nl: 'UPS-storing' }, states: { en: ['no fault', 'fault'], nl: ['geen storing', 'storing'] } },
  'ups-alarm': { name: { en: 'UPS alarm', nl: 'UPS-alarm' }, states: { en: ['no alarm', 'alarm'], nl: ['geen alarm', 'alarm'] } },
  'ups-calibrating': { name: { en: 'Battery test', nl: 'Accutest' }, states: { en: ['no', 'tests its battery'], nl: ['nee', 'test zijn accu'] } },
  'ups-charging': { name: { en: 'Charging', nl: 'Laden' }, states: { en: ['not charging', 'charging'], nl: ['laadt niet', 'laadt'] } },
  'ups-other-flag': { name: { en: 'Other state', nl: 'Andere toestand' }, states: { en: ['no', 'yes'], nl: ['nee', 'ja'] } },
  'ups-test-failed': { name: { en: 'Last battery test', nl: 'Laatste accutest' }, states: { en: ['not failed', 'test failed'], nl: ['niet gezakt', 'test niet doorstaan'] } },
  'ups-phase-lost': { name: { en: 'Input phases', nl: 'Ingangsfasen' }, states: { en: ['all phases', 'a phase is lost'], nl: ['alle fasen', 'een fase is weg'] } },
  'ups-temperature': { name: { en: 'UPS temperature', nl: 'UPS-temperatuur' }, number: { unit: '°C', factor: 1, decimals: 1 } },
  answering: { name: { en: 'Probe', nl: 'Meetpunt' }, states: { en: ['no answer', 'answers'], nl: ['geen antwoord', 'antwoordt'] } },
  'switched-on': { name: { en: 'Output', nl: 'Uitgang' }, states: { en: ['off', 'on'], nl: ['uit', 'aan'] } },
  'button-pressed': { name: { en: 'Button', nl: 'Knop' }, states: { en: ['not pressed', 'pressed'], nl: ['niet ingedrukt', 'ingedrukt'] } },
  signal: { name: { en: 'Signal', nl: 'Signaal' }, number: { unit: 'dBm', factor: 1, decimals: 0 } },
  'network-present': { name: { en: 'Mobile network', nl: 'Mobiel netwerk' }, states: { en: ['without a network', 'on a network'], nl: ['zonder netwerk', 'op een netwerk'] } },
  credit: { name: { en: 'Credit', nl: 'Tegoed' }, number: { unit: '¤', factor: 1, decimals: 2 } },
  'credit-low': { name: { en: 'Credit left', nl: 'Resterend tegoed' }, states: { en: ['enough', 'credit low'], nl: ['genoeg', 'tegoed laag'] } },
  drill: { name: { en: 'Drill', nl: 'Oefening' }, states: { en: ['no drill', 'drill'], nl: ['geen oefening', 'oefening'] } },
};
