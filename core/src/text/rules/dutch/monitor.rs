//! The built-in rules in Dutch: those about the monitor itself.

use super::Words;
use crate::fact::SystemKind;

/// Of messages that do not reach one person, who is named in the place of `{person}`.
pub(in crate::text::rules) const PERSON_NOT_REACHED: Words = Words {
    name: "Berichten komen niet aan",
    cause: "het adres is verkeerd ingesteld, of de ontvanger weigert het",
    consequence: "alarmen bereiken {person} langs dit kanaal niet; anderen worden bereikt zoals altijd",
    response: &[
        "Geef aan {person} door wat er staat, tot dit voorbij is.",
        "Lees de fout; controleer het adres van {person} voor dit kanaal.",
    ],
};

pub(super) const fn words(kind: SystemKind) -> Words {
    match kind {
        SystemKind::DeliveryFailed => Words {
            name: "Berichten komen niet aan",
            cause: "de mailserver of webhook weigert, is verkeerd ingesteld, of is niet te bereiken",
            consequence: "alarmen bereiken langs dit kanaal niemand",
            response: &[
                "Houd de alarmlijst van Plenum in de gaten tot dit voorbij is.",
                "Wie dit kanaal nog meer moet bereiken, hoort er niets langs: geef door wat er staat.",
                "Lees de fout; controleer het adres en het wachtwoord van het kanaal.",
            ],
        },
        SystemKind::DrillFailed => Words {
            name: "Oefening van de alarmketen mislukt",
            cause: "de genoemde schakel werkt niet of duurde te lang; het scherm Piket heeft wanneer elke schakel klaar was",
            consequence: "een alarm kan bij dezelfde schakel blijven steken en niemand bereiken",
            response: &[
                "Houd de alarmlijst van Plenum in de gaten tot dit voorbij is.",
                "Herstel de schakel die niet kwam: de agent, de broker, het kanaal, of wie piket heeft.",
                "Houd de oefening opnieuw, op het scherm Piket: het eindigt zodra er een doorkomt.",
            ],
        },
        SystemKind::NeverHeard => Words {
            name: "Sensor nooit gehoord",
            cause: "de sensor is niet aangesloten, zijn agent leest hem niet, of site.toml noemt hem anders dan agent.toml",
            consequence: "wat hij zou moeten bewaken wordt niet bewaakt",
            response: &[
                "Vergelijk de namen van de sensor en de agent in site.toml met die op het scherm van de agents.",
                "Op de agent: `plenum-agent read` toont een meting van elke sensor, of wat er mis is.",
                "Is er geen zo'n sensor, haal hem dan uit site.toml.",
            ],
        },
        SystemKind::NoChannel => Words {
            name: "Iemand is niet te bereiken",
            cause: "een kanaal van de locatie heeft geen weg naar wie het moet horen: in collector.toml ontbreekt een adres of een tabel",
            consequence: "wie het bericht noemt hoort via dat kanaal van geen alarm; waar het een prioriteit noemt hoort niemand van zulke alarmen",
            response: &[
                "Houd de alarmlijst van Plenum in de gaten tot dit voorbij is, en geef wat er staat door aan wie niet bereikt wordt.",
                "`plenum check` van collector.toml zegt wat waar ontbreekt: zet het daar neer, dan `systemctl reload plenum`.",
                "Of verbeter het kanaal in de locatie, met `plenum site apply`.",
            ],
        },
        SystemKind::NobodyOnDuty => Words {
            name: "Een tijd heeft niemand piket",
            cause: "een piketrooster laat uren van de komende 14 dagen aan niemand: een laag eindigt of dekt ze niet, of wie zou vervangen doet dat niet meer",
            consequence: "in die uren wordt de achterwacht van het team gebeld, die dat misschien niet weet",
            response: &[
                "Laat op het scherm Piket iemand de gearceerde uren overnemen.",
                "Of wijzig de lagen van het rooster in de locatie, met `plenum site apply`.",
                "Het eindigt vanzelf zodra in alle uren van de komende 14 dagen iemand piket heeft.",
            ],
        },
        SystemKind::CommitsFail => Words {
            name: "Er kan niets worden opgeslagen",
            cause: "de schijf van de collector is tot de laatste byte vol, of antwoordt niet",
            consequence: "er wordt geen meting opgeslagen en voor geen ruimte een alarm gegeven; metingen wachten bij de agents",
            response: &[
                "Houd de ruimten op een andere manier in de gaten tot dit voorbij is.",
                "Maak plaats op de schijf van de collector, buiten de gegevensmap: `df -h`.",
                "Is er plaats: `dmesg` zegt wat er met de schijf is.",
            ],
        },
        SystemKind::DiskReserve => Words {
            name: "Schijf vol",
            cause: "iets heeft de schijf van de collector gevuld",
            consequence: "temperaturen en wat verder gewoon gelezen wordt, worden niet bewaakt: die metingen wachten bij de agents; rook, water, deuren en stroom geven nog alarm",
            response: &[
                "Bewaak de temperaturen van de ruimtes op een andere manier tot dit voorbij is.",
                "Maak plaats op de schijf van de collector, buiten de datamap.",
                "Er gaat niets verloren zolang de agents plaats hebben.",
            ],
        },
        SystemKind::DiskFull => Words {
            name: "Schijf bijna vol",
            cause: "iets vult de schijf van de collector",
            consequence: "als die vol is wachten metingen bij de agents",
            response: &["Maak plaats op de schijf van de collector."],
        },
        SystemKind::JournalShortened => Words {
            name: "Journaal ingekort",
            cause: "de schijf verloor of beschadigde wat al vastgelegd was, of er is een oude kopie teruggezet",
            consequence: "metingen of alarmen kunnen in het overzicht ontbreken",
            response: &[
                "Controleer de gezondheid van de schijf.",
                "Zet de laatste back-up terug als die nieuwer is; de agents sturen opnieuw wat ze nog hebben.",
            ],
        },
        SystemKind::CertificateEnds => Words {
            name: "Een certificaat eindigt binnenkort",
            cause: "het is niet op tijd vernieuwd: met de hand, door wat het vernieuwt, of door de agent zelf",
            consequence: "nog niets; als het geëindigd is wordt wie het toont niet meer geloofd",
            response: &[
                "Overdag: lees van wie het is, wanneer het eindigt, en wat het vernieuwt.",
                "Een agent: zijn logboek zegt waarom hij niet vernieuwt; `plenum agents list` toont tot wanneer elk certificaat geldt.",
            ],
        },
        SystemKind::CertificateEnded => Words {
            name: "Een certificaat is geëindigd",
            cause: "niemand heeft het vernieuwd, of de agent die dat moest doen was weg of kon het niet",
            consequence: "een agent wordt niet meer gehoord; bij dat van het dashboard laten browsers niemand zonder waarschuwing binnen; alarmen en berichten gaan door",
            response: &[
                "Lees van wie het is: wat het bewaakte of toonde moet tot het vernieuwd is op een andere manier bekeken worden.",
                "Een agent: `plenum enroll` maakt een code, waarmee hij zich op zijn host opnieuw aanmeldt.",
                "Het dashboard: zet het nieuwe certificaat in zijn bestand; tot dan toont `plenum alarms` op de host van de collector wat er staat.",
            ],
        },
        SystemKind::KeyMissing => Words {
            name: "De sleutel voor geheimen ontbreekt",
            cause: "zijn bestand is verplaatst, veranderd of voor anderen open, of een kopie van de gegevens is zonder hem teruggezet",
            consequence: "zonder hem openen codes van tweede factoren niets, als dat nu niet is dan vanaf de volgende start, krijgen agents geen certificaten en worden niet over TLS gehoord, en wordt het auditlogboek met een andere sleutel ondertekend; alarmen en berichten gaan door",
            response: &[
                "Overdag: zet het bestand terug zoals het was, alleen voor zijn eigenaar; herstart Plenum daarna als het bericht dat zegt, en nooit ervoor.",
                "Wie met de code van een tweede factor niet binnenkomt, logt in met een herstelcode.",
                "Is hij voorgoed weg: docs/operating.md, \"Keys\", zegt hoe het zonder hem verder gaat.",
            ],
        },
        SystemKind::ForeignDatabase => Words {
            name: "Een tweede collector antwoordt",
            cause: "twee collectors gebruiken dezelfde broker, of er is een nieuwe naast de oude gezet",
            consequence: "deze collector bevestigt niets van die agent tot is uitgemaakt van wie hij is",
            response: &[
                "Stop de collector die niet hoort te draaien.",
                "Hoort de agent hier: `plenum agents resolve SITE/AGENT` hier; volgt hij de andere, dan `plenum-agent join` op zijn host.",
            ],
        },
        SystemKind::ExpectationChanges => Words {
            name: "Een bron verandert steeds zijn intervallen",
            cause: "een programma dat met steeds andere instellingen publiceert, twee programma's onder één naam, of iemand met het wachtwoord van die agent",
            consequence: "hoe lang zijn sensoren stil mogen zijn gaat naar het langste interval dat hij het laatst noemde; wat hij blijft zeggen wordt niet vastgelegd",
            response: &[
                "`plenum agents list` toont de agent; kijk wat er op zijn host draait, en of een andere host onder zijn naam publiceert.",
                "Stop of verbeter het programma. Het alarm eindigt tien minuten na de laatste verandering, en wat het dan zegt geldt binnen een uur.",
                "Kent niemand het: geef de agent een nieuw wachtwoord.",
            ],
        },
        SystemKind::FollowsAnother => Words {
            name: "Een agent volgt een andere collector",
            cause: "deze collector is opnieuw ingericht, of de agent hoort bij een andere",
            consequence: "wat de agent meet wacht bij hem en komt hier niet aan",
            response: &[
                "Hoort hij hier: `plenum agents resolve SITE/AGENT` hier, dan `plenum-agent join` op zijn host; hij stuurt alles wat hij nog heeft.",
                "Hoort hij hier niet: neem zijn toegang weg, of stop hem.",
            ],
        },
        SystemKind::TokenEnds => Words {
            name: "Een token eindigt",
            cause: "niemand heeft het programma dat het gebruikt al een ander gegeven",
            consequence: "vanaf het einde wordt dat programma geweigerd: een taak kan niet zeggen dat ze liep, een scherm toont niets",
            response: &[
                "Overdag: lees welk token het is; `plenum token list` toont wie het uitgaf en wanneer het voor het laatst gebruikt is.",
                "Maak een ander met `plenum token give`, zet het waar het programma het leest, en neem het vorige terug.",
            ],
        },
        SystemKind::TwoHosts => Words {
            name: "Twee hosts onder één naam",
            cause: "er is een kaart gekopieerd, of twee hosts kregen dezelfde naam",
            consequence: "de host die later kwam wordt tegengehouden: er wordt niets van opgeslagen of bevestigd",
            response: &[
                "Geef een van de twee hosts een andere `agent` in zijn agent.toml, of zet hem uit.",
                "Een gekopieerde kaart onder zijn nieuwe naam: `plenum-agent adopt --discard` op zijn host.",
            ],
        },
        SystemKind::AgentDisk => Words {
            name: "De schijf van een agent neemt niets aan",
            cause: "zijn kaart is vol, versleten of alleen-lezen",
            consequence: "rook, water, deuren en spanning worden uit het geheugen gemeld; al het andere wacht, en gaat bij een herstart verloren",
            response: &[
                "Kijk naar de kaart van de host van de agent; leg een nieuwe klaar.",
                "Herstart de host niet voordat zijn metingen aangekomen zijn.",
            ],
        },
        SystemKind::SeriesLimit => Words {
            name: "Te veel reeksen van één agent",
            cause: "een agent, of wie zijn wachtwoord heeft, stuurt onder steeds nieuwe namen",
            consequence: "wat onder verdere namen komt wordt niet getoond",
            response: &[
                "`plenum dead-letters list` toont de namen.",
                "Zijn ze bedoeld: verhoog `series` onder [storage] in collector.toml en herlaad.",
            ],
        },
        SystemKind::CollectorClock => Words {
            name: "De klok van de collector is teruggezet",
            cause: "de klok van de collector liep verkeerd, of doet dat nu",
            consequence: "tijdstippen van ontvangst staan stil tot de klok is bijgekomen; alarmen en vertragingen gaan naar verstreken tijd",
            response: &["Controleer de tijddienst van de collector: `timedatectl`."],
        },
        SystemKind::Gap => Words {
            name: "Metingen verloren",
            cause: "de opslag van een agent was vol, hij startte zonder klok, of zijn kaart ging stuk",
            consequence: "de tijd in kwestie is onbekend in grafieken en rapporten",
            response: &[
                "Lees welke agent, van wanneer tot wanneer, en waarom.",
                "Controleer de kaart van de agent en de grootte van zijn opslag.",
            ],
        },
        SystemKind::HeartbeatMissed => Words {
            name: "Een taak draaide niet",
            cause: "de taak mislukte of is niet gestart, haar computer staat uit, of zij bereikt Plenum niet",
            consequence: "wat zij doet is niet gedaan: een back-up die niet draaide ontbreekt als hij nodig is",
            response: &[
                "Kijk in het eigen logboek van de taak op haar computer.",
                "Draai haar opnieuw: zodra zij meldt dat zij draaide, is dit voorbij.",
                "Is zij er voorgoed niet meer, haal haar [[heartbeat]] dan uit de site.",
            ],
        },
        SystemKind::HistoryDamaged => Words {
            name: "Geschiedenis beschadigd",
            cause: "de schijf verloor of beschadigde pagina's van history.db",
            consequence: "een deel van het verleden is onbekend in grafieken en rapporten; nieuwe metingen worden opgeslagen en alarmen werken",
            response: &[
                "Controleer de gezondheid van de schijf: `dmesg` en `smartctl -a` noemen er een die stuk gaat.",
                "Is het verleden nodig: stop de collector, zet de laatste back-up van de hele gegevensmap terug, start hem; de agents sturen opnieuw wat ze nog hebben.",
                "Het beschadigde bestand blijft naast history.db staan als `history.db.damaged-...`: verwijder het als niemand er nog naar wil kijken.",
            ],
        },
        SystemKind::DeadLetters => Words {
            name: "Onleesbare berichten",
            cause: "iemand stuurt wat geen geldige meting is",
            consequence: "wat hij stuurt wordt apart gehouden en niet getoond",
            response: &[
                "`plenum dead-letters list` zegt wat en van wie.",
                "Na een verbetering: `plenum dead-letters retry`.",
            ],
        },
        SystemKind::BrokerLost => Words {
            name: "Broker niet te bereiken",
            cause: "de host van de broker, het programma of het netwerk ernaartoe is uitgevallen, of hij weigert de naam of het certificaat van deze collector",
            consequence: "van geen agent is iets te horen: rook, water en hitte worden pas gemeld als de broker er weer is",
            response: &[
                "Start de broker opnieuw, of herstel het netwerk ernaartoe: `plenum check collector.toml` zegt waar hij gezocht wordt.",
                "Laat tot dan iemand in de ruimten kijken.",
            ],
        },
        SystemKind::ClockAhead => Words {
            name: "De klok van een agent loopt voor",
            cause: "de klok van de agent loopt verkeerd",
            consequence: "zijn metingen worden op hun tijd van ontvangst opgeslagen, met de geclaimde tijdstippen ernaast",
            response: &["Controleer de tijddienst van de agent."],
        },
        SystemKind::ClockBehind => Words {
            name: "De klok van een agent loopt achter",
            cause: "de klok van de agent loopt verkeerd, of schrijft lokale tijd als UTC; lopen meer agents evenveel achter, dan loopt de klok van de collector voor",
            consequence: "zijn metingen staan op de verkeerde tijd in grafieken en rapporten; alarmen werken, en heten te laat",
            response: &["Controleer de tijddienst van de agent, en die van de collector."],
        },
        SystemKind::ClockFree => Words {
            name: "De klok van een agent loopt niet gelijk",
            cause: "de agent bereikt geen tijdserver, of heeft geen tijddienst",
            consequence: "zijn metingen krijgen hun tijd naar hun verzending, en die verloopt",
            response: &["Controleer de tijddienst van de agent en zijn weg naar de tijdserver."],
        },
        SystemKind::Late => Words {
            name: "Late metingen zouden alarm gegeven hebben",
            cause: "een agent was afgesneden en heeft nu gestuurd wat hij intussen mat",
            consequence: "niemand is het op dat moment verteld; grafieken en rapporten hebben het nu",
            response: &["Lees in het alarmlogboek wat over zijn grens was, en wanneer."],
        },
    }
}
