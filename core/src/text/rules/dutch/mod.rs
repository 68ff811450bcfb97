//! The built-in rules in Dutch: those about what is measured.

mod monitor;

pub(super) use monitor::PERSON_NOT_REACHED;

use super::{BuiltIn, Words};

pub(super) const fn words(rule: BuiltIn) -> Words {
    match rule {
        BuiltIn::InletHigh => Words {
            name: "Inlaat te warm",
            cause: "te weinig koeling voor de belasting, een verstopt filter of rooster, of warme lucht die om het rack heen komt",
            consequence: "servers draaien hun ventilatoren harder en slijten sneller; stijgt het door, dan vallen ze uit",
            response: &[
                "Kijk naar de andere inlaten van de ruimte: één is een zaak van het rack, alle is een zaak van de koeling.",
                "Controleer of elke koelunit draait en geen storing meldt.",
                "Sluit blindplaten en de deuren van de gang.",
            ],
        },
        BuiltIn::InletVeryHigh => Words {
            name: "Inlaat veel te warm",
            cause: "de koeling is uitgevallen, of er komt helemaal geen lucht bij dit rack",
            consequence: "servers schakelen zichzelf binnen minuten uit; een rack van 10 kW heeft nog geen minuut",
            response: &[
                "Open de deuren van de ruimte en zet er ventilatoren in.",
                "Sluit af wat het minst nodig is, het heetste rack eerst.",
                "Bel de koeltechnicus.",
            ],
        },
        BuiltIn::InletLow => Words {
            name: "Inlaat te koud",
            cause: "de koeling staat te laag, of er komt buitenlucht binnen",
            consequence: "er kan vocht neerslaan als er weer warme lucht komt; er wordt energie verspild",
            response: &[
                "Controleer de ingestelde waarden van de koelunits.",
                "Controleer kleppen en deuren naar buiten.",
            ],
        },
        BuiltIn::HumidityHigh => Words {
            name: "Lucht te vochtig",
            cause: "buitenlucht, een bevochtiger die blijft hangen, of een lek",
            consequence: "water slaat neer op koude vlakken, contacten corroderen",
            response: &[
                "Controleer de bevochtiger en de afvoer van de koelunits.",
                "Zoek naar water op de vloer.",
            ],
        },
        BuiltIn::DewPointHigh | BuiltIn::DewPointHighComputed => Words {
            name: "Dauwpunt te hoog",
            cause: "buitenlucht, een bevochtiger die blijft hangen, of een lek",
            consequence: "water slaat neer op alles wat kouder is dan het dauwpunt, gekoelde leidingen het eerst",
            response: &[
                "Controleer de bevochtiger en de deuren naar buiten.",
                "Zoek naar druppels op gekoelde leidingen.",
            ],
        },
        BuiltIn::HumidityLow => Words {
            name: "Lucht te droog",
            cause: "droge winterlucht, of een bevochtiger die uit staat",
            consequence: "statische elektriciteit kan apparatuur beschadigen waar iemand aan werkt",
            response: &[
                "Controleer de bevochtiger.",
                "Draag een polsband voor je apparatuur aanraakt.",
            ],
        },
        BuiltIn::DewPointLow | BuiltIn::DewPointLowComputed => Words {
            name: "Dauwpunt te laag",
            cause: "droge winterlucht, of een bevochtiger die uit staat",
            consequence: "statische elektriciteit kan apparatuur beschadigen waar iemand aan werkt",
            response: &[
                "Controleer de bevochtiger.",
                "Draag een polsband voor je apparatuur aanraakt.",
            ],
        },
        BuiltIn::CoolingFailed => Words {
            name: "Koeling uitgevallen",
            cause: "de koeling staat stil, of voert veel minder af dan de belasting geeft",
            consequence: "vanaf 32 °C schakelen servers zichzelf uit; een rack van 10 kW heeft minder dan een minuut",
            response: &[
                "Open de deuren van de ruimte en zet er ventilatoren in.",
                "Sluit af wat het minst nodig is voordat de inlaten boven 32 °C zijn, of meteen als ze dat al zijn; het warmste rack eerst.",
                "Bel de koeltechnicus.",
            ],
        },
        BuiltIn::CoolingFailing => Words {
            name: "Koeling valt uit",
            cause: "een koelunit die stilstaat of geen water krijgt, een verstopt filter, of een deur die openstaat",
            consequence: "vanaf 32 °C schakelen servers zichzelf uit",
            response: &[
                "Lees het paneel van elke koelunit: welke staat stil, of meldt een storing?",
                "Sluit deuren en racks die openstaan voor warme lucht.",
                "Bel de koeltechnicus voordat het kritiek is.",
            ],
        },
        BuiltIn::CoolingFault => Words {
            name: "Koelunit meldt een storing",
            cause: "de compressor, de ventilator, de waterstroom of de regeling van de unit is uitgevallen",
            consequence: "de ruimte warmt op; zonder tweede unit is het binnen minuten te heet",
            response: &[
                "Lees de storing op het paneel van de unit.",
                "Let op de inlaattemperaturen; bel de koeltechnicus.",
            ],
        },
        BuiltIn::Smoke => Words {
            name: "Rook",
            cause: "er brandt of smeult iets, of er is stof van werk in de ruimte",
            consequence: "brand; de blusinstallatie kan in werking treden",
            response: &[
                "Zie of ruik je brand: ga weg, sluit de deur, bel de brandweer.",
                "Houd mensen uit de ruimte; een blusgas kan doden.",
                "Schakel de spanning van de ruimte uit als dat veilig kan.",
                "Is alles veilig, reset dan de melder en daarna dit alarm.",
            ],
        },
        BuiltIn::ExtinguisherReleased => Words {
            name: "Blusinstallatie in werking",
            cause: "brand, of een loze melding",
            consequence: "het gas verdringt de zuurstof uit de ruimte",
            response: &[
                "Niemand gaat naar binnen.",
                "Bel de brandweer.",
                "Ventileer voordat er iemand naar binnen gaat.",
            ],
        },
        BuiltIn::Water => Words {
            name: "Water",
            cause: "de afvoer of een leiding van een koelunit, een dak of leiding erboven, of schoonmaak",
            consequence: "kortsluiting onder de vloer; de spanning van de ruimte kan uitvallen",
            response: &[
                "Zoek waar het water vandaan komt; is er een kraan, draai die dicht.",
                "Blijf uit water bij stroomkabels; schakel de groepen uit die nat zijn.",
                "Bel de koeltechnicus of de loodgieter.",
            ],
        },
        BuiltIn::DoorOpen => Words {
            name: "Deur open",
            cause: "iemand is er aan het werk, of de deur is niet dichtgevallen",
            consequence: "er gaat koude lucht verloren en iedereen kan naar binnen",
            response: &["Kijk wie er is.", "Sluit de deur."],
        },
        BuiltIn::ContactFault => Words {
            name: "Apparaat meldt een storing",
            cause: "het apparaat achter dit contact meldt dat er iets mis is",
            consequence: "wat het apparaat doet kan uitvallen",
            response: &["Lees de storing op het apparaat."],
        },
        BuiltIn::NotAnswering => Words {
            name: "Doel antwoordt niet",
            cause: "het apparaat, zijn voeding of het netwerk erheen is uitgevallen",
            consequence: "wat ervan afhangt werkt niet",
            response: &[
                "Controleer de voeding van het apparaat en zijn netwerkpoort.",
                "Probeer het langs een andere weg te bereiken.",
            ],
        },
        BuiltIn::Drill => Words {
            name: "Oefening van de alarmketen",
            cause: "de bewaking probeert de hele weg van een agent tot u; er is niets mis",
            consequence: "niets: als niemand antwoordt, meldt de bewaking dat de oefening mislukt is",
            response: &["Pak dit op zoals een alarm. De oefening eindigt dan vanzelf."],
        },
        BuiltIn::ModemSignalLow => Words {
            name: "Signaal van het modem zwak",
            cause: "de antenne of kabel, de plek waar hij hangt, of de mast van de provider",
            consequence: "straks vertrekken er misschien geen sms'en meer",
            response: &[
                "Kijk of de antenne goed vastzit en vrij staat.",
                "Hang de antenne hoger of dichter bij een raam.",
                "Probeer een simkaart van een andere provider.",
            ],
        },
        BuiltIn::ModemCreditLow => Words {
            name: "Tegoed van het modem laag",
            cause: "de simkaart is prepaid, en wat betaald is, is op of verlopen",
            consequence: "als het op is, vertrekken er geen sms'en meer",
            response: &[
                "Waardeer de simkaart op.",
                "Beter: neem er een met een abonnement dat niet opraakt.",
            ],
        },
        BuiltIn::AgentOffline => Words {
            name: "Agent zwijgt",
            cause: "de voeding van de agent, zijn netwerk, of het programma zelf",
            consequence: "alles wat hij meet is onbekend; daar kan geen alarm vandaan komen",
            response: &[
                "Controleer de voeding en het netwerklampje van de agent.",
                "Kijk of andere agents van de ruimte ook zwijgen: dan ligt het aan het netwerk.",
                "Zijn metingen worden bewaard en komen als hij terug is.",
            ],
        },
        BuiltIn::NoDataProtection => Words {
            name: "Rook- of watermelder zwijgt",
            cause: "de melder, zijn kabel of zijn voeding is uitgevallen",
            consequence: "rook of water zou daar niet opgemerkt worden",
            response: &[
                "Controleer de melder en zijn kabel.",
                "Laat iemand op de ruimte letten tot hij terug is.",
            ],
        },
        BuiltIn::NoDataUps => Words {
            name: "UPS zwijgt",
            cause: "de datakabel van de UPS, zijn kaart of het programma dat hem leest",
            consequence: "een netuitval of een lege accu zou niet opgemerkt worden",
            response: &["Lees het display van de UPS zelf.", "Controleer de datakabel."],
        },
        BuiltIn::NoDataUpsOnBattery => Words {
            name: "UPS zwijgt terwijl hij op accu stond",
            cause: "de UPS is leeggelopen, of wat hem leest heeft geen stroom meer",
            consequence: "de racks erachter zitten zonder spanning of komen dat weldra",
            response: &["Ga bij de UPS kijken.", "Sluit af wat nog draait, op volgorde."],
        },
        BuiltIn::UpsValueLost => Words {
            name: "UPS-waarde weggevallen",
            cause: "de UPS, zijn kaart of het programma dat hem leest geeft deze waarde niet meer; zijn fout zegt meer",
            consequence: "er kan geen alarm van komen: een lege of te warme accu zou niet opgemerkt worden",
            response: &[
                "Lees het display van de UPS zelf.",
                "Voer `plenum-agent read` uit op de agent: dat zegt wat je kunt proberen.",
            ],
        },
        BuiltIn::NoData => Words {
            name: "Sensor zwijgt",
            cause: "de sensor, zijn kabel of zijn adres; zijn fout zegt meer",
            consequence: "wat hij meet is onbekend: er kan geen alarm van hem komen",
            response: &[
                "Controleer de kabel en de stekker.",
                "Voer `plenum-agent read` uit op de agent: dat zegt wat je kunt proberen.",
            ],
        },
        BuiltIn::MainsLost => Words {
            name: "Netspanning weg",
            cause: "het net, de hoofdschakelaar of de zekering van deze voeding",
            consequence: "wat aan een UPS hangt draait door tot zijn accu leeg is; al het andere valt uit, ook de koeling, tenzij die een eigen voeding heeft",
            response: &[
                "Kijk hoe lang de UPS het nog volhoudt; is dat hier onbekend, lees dan zijn display.",
                "Kijk of het gebouw netspanning heeft, daarna de schakelaar van deze voeding.",
                "Let op de inlaattemperaturen: de koeling hangt vaak niet aan de UPS.",
                "Bereid een geordende afsluiting voor, voordat de accu op 5 minuten staat.",
            ],
        },
        BuiltIn::UpsOnBattery => Words {
            name: "UPS op accu",
            cause: "het net, de hoofdschakelaar of de zekering van deze voeding",
            consequence: "de UPS draagt de belasting tot zijn accu leeg is; de koeling stopt, tenzij die een eigen voeding heeft",
            response: &[
                "Kijk hoe lang de UPS het nog volhoudt; is dat hier onbekend, lees dan zijn display.",
                "Kijk of het gebouw netspanning heeft, daarna de schakelaar van deze voeding.",
                "Let op de inlaattemperaturen: de koeling hangt vaak niet aan de UPS.",
                "Bereid een geordende afsluiting voor, voordat de accu op 5 minuten staat.",
            ],
        },
        BuiltIn::GeneratorNotCarrying => Words {
            name: "Noodaggregaat draagt de last niet",
            cause: "het aggregaat is niet gestart, staat niet op automatisch, of de omschakelaar is niet omgegaan",
            consequence: "alleen de accu van de UPS voedt de racks nog",
            response: &[
                "Ga naar het aggregaat: lees het paneel, start het met de hand.",
                "Controleer de omschakelaar.",
                "Kijk hoe lang de UPS het nog volhoudt, op zijn display als dat hier onbekend is, en bereid de afsluiting voor.",
            ],
        },
        BuiltIn::UpsPhaseLost => Words {
            name: "UPS-ingang mist een fase",
            cause: "een zekering, een schakelaar of het net: een van de drie fasen is weg",
            consequence: "de UPS kan op zijn accu overgaan; koeling op die fase staat stil",
            response: &[
                "Controleer de zekeringen en de schakelaar van deze voeding.",
                "Kijk of andere driefasige apparatuur op twee fasen draait.",
            ],
        },
        BuiltIn::UpsBatteryLowOnMains => Words {
            name: "UPS-accu laag op het net",
            cause: "de accu is na een uitval nog niet geladen, of is versleten of los",
            consequence: "de racks verliezen meteen hun spanning als het net uitvalt",
            response: &[
                "Kijk of de UPS laadt en hoe vol hij is.",
                "Laadt hij niet: controleer de stekker en de leeftijd van de accu, bel de leverancier.",
            ],
        },
        BuiltIn::UpsBatteryLow => Words {
            name: "UPS-accu laag",
            cause: "de accu draagt de last al te lang, of is versleten",
            consequence: "de racks verliezen binnen minuten hun spanning",
            response: &[
                "Sluit de servers achter deze UPS nu af, op volgorde.",
                "Zorg dat de netspanning of het noodaggregaat terugkomt.",
            ],
        },
        BuiltIn::UpsForcedShutdown => Words {
            name: "UPS gaat afsluiten",
            cause: "de accu is aan zijn eind, of iemand heeft een afsluiting bevolen",
            consequence: "de racks verliezen binnen seconden tot minuten hun spanning",
            response: &["Red wat te redden is: sluit meteen af."],
        },
        BuiltIn::UpsOff => Words {
            name: "UPS geeft geen uitgang",
            cause: "de UPS is uitgezet, uitgevallen of defect",
            consequence: "wat alleen daaraan hangt zit zonder spanning",
            response: &[
                "Ga naar de UPS en lees het display.",
                "Zet de last op de bypass als hij niet start.",
            ],
        },
        BuiltIn::UpsOffOnMains => Words {
            name: "UPS op het net geeft geen uitgang",
            cause: "zijn uitgang is uitgezet, of hij is na een test niet teruggekomen",
            consequence: "wat alleen daaraan hangt zit zonder spanning",
            response: &[
                "Ga naar de UPS en lees het display.",
                "Zet zijn uitgang aan, of zet de last op de bypass.",
            ],
        },
        BuiltIn::UpsOverload => Words {
            name: "UPS overbelast",
            cause: "er is te veel aangesloten, of een tweede UPS is uitgevallen en deze heeft overgenomen",
            consequence: "de UPS gaat op bypass of schakelt uit",
            response: &["Neem last weg: de minst nodige servers eerst."],
        },
        BuiltIn::UpsFault => Words {
            name: "UPS defect",
            cause: "een inwendig defect: omvormer, gelijkrichter, ventilator of temperatuur",
            consequence: "de last kan onbeschermd zijn of zonder spanning",
            response: &[
                "Lees de storing op het display van de UPS.",
                "Bel de leverancier.",
            ],
        },
        BuiltIn::UpsAlarm => Words {
            name: "UPS meldt een alarm",
            cause: "iets in de UPS: een ventilator, de accu, de temperatuur",
            consequence: "de UPS kan het laten afweten als hij nodig is, of in brand raken",
            response: &["Lees het alarm op het display van de UPS; vertrouw niet op \"op het net\" ernaast."],
        },
        BuiltIn::UpsBypass => Words {
            name: "UPS op bypass",
            cause: "overbelasting, een inwendig defect, of iemand heeft hem omgezet",
            consequence: "de racks hangen aan het kale net: de volgende dip legt ze stil",
            response: &[
                "Zoek uit wie of wat hem daarop zette.",
                "Neem last weg als hij overbelast was; zet hem terug.",
            ],
        },
        BuiltIn::UpsReplaceBattery => Words {
            name: "UPS-accu versleten",
            cause: "de accu is niet door zijn test gekomen of is over zijn leeftijd",
            consequence: "bij de volgende netuitval houdt hij het seconden uit in plaats van minuten",
            response: &[
                "Bestel een accu van het juiste type.",
                "Meet de accutijd na de vervanging.",
            ],
        },
        BuiltIn::UpsTestFailed => Words {
            name: "UPS-accu niet door zijn test gekomen",
            cause: "de accu is versleten, niet geladen of zit niet goed vast",
            consequence: "bij de volgende netuitval houdt hij het misschien seconden uit in plaats van minuten",
            response: &[
                "Kijk of de accu vol is, en test hem nog eens.",
                "Zakt hij weer: bestel een accu van het juiste type.",
            ],
        },
        BuiltIn::UpsOtherState => Words {
            name: "UPS meldt een onbekende toestand",
            cause: "een toestand die deze versie van Plenum niet kent",
            consequence: "onbekend: lees het van de UPS zelf af",
            response: &["Lees het display van de UPS en zijn handleiding."],
        },
        BuiltIn::UpsRuntimeVeryLow => Words {
            name: "UPS-accutijd onder 5 min op accu",
            cause: "het net is al lang weg, of de accu is versleten",
            consequence: "de racks verliezen binnen minuten hun spanning",
            response: &[
                "Sluit de servers achter deze UPS af, op volgorde.",
                "Zorg dat de netspanning of het noodaggregaat terugkomt.",
            ],
        },
        BuiltIn::UpsRuntimeLow => Words {
            name: "UPS-accutijd onder 15 min op accu",
            cause: "het net is al een tijd weg, de accu is versleten, of er is meer last dan gepland",
            consequence: "er is nog weinig tijd voor een geordende afsluiting",
            response: &[
                "Zoek uit hoe lang het net of het noodaggregaat wegblijft.",
                "Bereid de afsluiting van de servers achter deze UPS voor, op volgorde.",
            ],
        },
        BuiltIn::UpsChargeVeryLow => Words {
            name: "UPS-accu onder 30 %",
            cause: "het net is al lang weg, of de lader is uitgevallen",
            consequence: "de racks verliezen weldra hun spanning",
            response: &[
                "Sluit de servers achter deze UPS af, op volgorde.",
                "Zorg dat de netspanning of het noodaggregaat terugkomt.",
            ],
        },
        BuiltIn::UpsChargeLow => Words {
            name: "UPS-accu onder 60 %",
            cause: "een lader die niet laadt: de accu is een half uur lang niet voller geworden",
            consequence: "de volgende netuitval wordt minder lang overbrugd",
            response: &[
                "Kijk of de UPS op het net staat en zegt dat hij laadt.",
                "Als dat zo is en de accu blijft zoals hij is: laat de lader en de accu nakijken.",
            ],
        },
        BuiltIn::UpsLoadVeryHigh => Words {
            name: "UPS-belasting boven 95 %",
            cause: "er is apparatuur bijgekomen, of een tweede UPS is uitgevallen en deze heeft overgenomen",
            consequence: "de UPS raakt bij de volgende piek overbelast en laat de last vallen",
            response: &["Neem nu last weg: de minst nodige servers eerst."],
        },
        BuiltIn::UpsLoadHigh => Words {
            name: "UPS-belasting boven 80 %",
            cause: "er is apparatuur bijgekomen, of de last is niet over de UPS'en verdeeld",
            consequence: "de accutijd is korter, en er is geen ruimte voor de last van een tweede UPS",
            response: &[
                "Verplaats apparatuur naar een andere UPS.",
                "Plan meer capaciteit.",
            ],
        },
        BuiltIn::UpsBatteryHot => Words {
            name: "UPS-accu heet",
            cause: "een cel die bezwijkt, een lader die te veel geeft, een ventilator die stilstaat, of een erg warme plek",
            consequence: "een hete cel kan op hol slaan: hij zwelt op, lekt of brandt",
            response: &[
                "Ga bij de UPS kijken; raak een accu die bol staat of ruikt niet aan.",
                "Controleer zijn ventilator en zijn lucht.",
                "Stijgt het door: laat de accu loskoppelen.",
            ],
        },
        BuiltIn::UpsBatteryWarm => Words {
            name: "UPS-accu warm",
            cause: "een warme omgeving, geblokkeerde lucht, of een accu die veroudert",
            consequence: "elke 8 K halveert de levensduur van de accu",
            response: &[
                "Controleer de lucht en de ventilator van de UPS, en of hij koeler kan staan.",
                "Test de accu vaker dan eens per jaar.",
            ],
        },
        BuiltIn::Monitor(kind) => monitor::words(kind),
    }
}
