//! What the audit log says of a deed and of how it ended. Complete by the compiler: one without its words in a language does not compile.

use plenum_protocol::quantity::Language;

use crate::fact::{Audited, Deed, Ending};

/// A deed in words, as "X asked to ...".
pub fn deed(deed: Deed, language: Language) -> &'static str {
    match language {
        Language::English => english(deed),
        Language::Dutch => dutch(deed),
    }
}

/// How it ended, in a word or two.
pub fn ending(ending: Ending, language: Language) -> &'static str {
    match (language, ending) {
        (Language::English, Ending::Done) => "done",
        (Language::English, Ending::Refused) => "refused",
        (Language::English, Ending::Failed) => "failed",
        (Language::English, Ending::Unknown) => "unknown: Plenum ended meanwhile",
        (Language::Dutch, Ending::Done) => "gedaan",
        (Language::Dutch, Ending::Refused) => "geweigerd",
        (Language::Dutch, Ending::Failed) => "mislukt",
        (Language::Dutch, Ending::Unknown) => "onbekend: Plenum stopte intussen",
    }
}

/// How it ended, and of a refusal why, as far as its status tells.
pub fn ended(audited: &Audited, language: Language) -> String {
    let ending = audited.ending();
    let said = self::ending(ending, language);
    match refusal(audited.status).filter(|_| ending == Ending::Refused) {
        Some((why, _)) if language == Language::English => format!("{said}: {why}"),
        Some((_, why)) => format!("{said}: {why}"),
        None => said.to_owned(),
    }
}

/// Why something was refused, by its HTTP status.
const fn refusal(status: u16) -> Option<(&'static str, &'static str)> {
    Some(match status {
        400 | 413 | 415 | 422 => (
            "what was given is not accepted",
            "het opgegevene is niet aanvaard",
        ),
        401 => (
            "what was shown does not let in",
            "het getoonde geeft geen toegang",
        ),
        403 => ("not allowed", "mag niet"),
        404 => ("there is no such thing", "bestaat niet"),
        409 => ("not as things stand", "kan zoals het nu staat niet"),
        410 => ("over, or used", "voorbij of gebruikt"),
        421 => ("another name", "een andere naam"),
        429 => ("too often", "te vaak"),
        _ => return None,
    })
}

/// What a deed was refused for or stopped at, where that stands in the line as a word of a closed set; nothing where the line has a number or an identifier.
pub fn stopped(deed: Deed, on: &str, language: Language) -> Option<&'static str> {
    let (english, dutch) = match deed {
        Deed::SignOn | Deed::BeginSignOn => not_signed_on(on)?,
        Deed::Enter => not_entered(on)?,
        _ => return None,
    };
    Some(match language {
        Language::English => english,
        Language::Dutch => dutch,
    })
}

/// Why single sign-on let nobody in.
fn not_signed_on(reason: &str) -> Option<(&'static str, &'static str)> {
    Some(match reason {
        "off" => ("there is no single sign-on", "er is geen single sign-on"),
        "wait" => ("too many at a time", "te veel tegelijk"),
        "begin-again" => (
            "took too long, came twice or from another browser",
            "duurde te lang, kwam twee keer of uit een andere browser",
        ),
        "denied" => ("the provider let nobody in", "de aanbieder liet niemand toe"),
        "provider-silent" => ("the provider does not answer", "de aanbieder antwoordt niet"),
        "provider-wrong" => ("the provider answers wrongly", "de aanbieder antwoordt verkeerd"),
        "code-refused" => (
            "the provider gives nothing for the code",
            "de aanbieder geeft niets voor de code",
        ),
        "token" => ("the ID token is not valid", "het ID-token is niet geldig"),
        "clock" => (
            "the clocks of the provider and of the collector are apart",
            "de klokken van de aanbieder en de collector lopen uiteen",
        ),
        "no-role" => ("no group gives a role", "geen groep geeft een rol"),
        "disabled" => ("disabled here", "hier uitgeschakeld"),
        "no-second-factor" => ("no second factor was shown", "er is geen tweede factor getoond"),
        "no-name" => (
            "the provider says no name that can be used",
            "de aanbieder noemt geen bruikbare naam",
        ),
        "name-taken" => ("the name is somebody else’s", "de naam is van iemand anders"),
        "no-administrator" => (
            "no administrator has a password yet",
            "nog geen beheerder heeft een wachtwoord",
        ),
        "failed" => ("a fault of the server", "een fout van de server"),
        _ => return None,
    })
}

/// What somebody came with who got no further than the door.
fn not_entered(at: &str) -> Option<(&'static str, &'static str)> {
    Some(match at {
        "session" => (
            "a session that is not known or has ended",
            "een sessie die onbekend of beëindigd is",
        ),
        "token" => (
            "a token that is not known or has ended",
            "een token dat onbekend of beëindigd is",
        ),
        "page" => (
            "a change that no page of ours asked for",
            "een wijziging waar geen pagina van ons om vroeg",
        ),
        "host" => (
            "a name that is not this server’s",
            "een naam die niet van deze server is",
        ),
        _ => return None,
    })
}

/// What the audit log cannot tell of who saw whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// Screens of alarms and of the site name people, and looks at them are not written down.
    Screens,
    /// Messages name whoever has an alarm.
    Messages,
    /// Whoever reads the disk or a backup asks nobody.
    Disk,
    /// Repeated looks within an hour are one line.
    Repeats,
}

/// All of it.
pub const UNSEEN: [Unseen; 4] = [Unseen::Screens, Unseen::Messages, Unseen::Disk, Unseen::Repeats];

/// The same in words.
pub fn unseen(unseen: Unseen, language: Language) -> &'static str {
    match (language, unseen) {
        (Language::English, Unseen::Screens) => {
            "the screens of alarms, of their log and of the site’s revisions name whoever answered an alarm or is written to, and a look at them is not written down:              everybody with the permission for them may have seen those names"
        }
        (Language::English, Unseen::Messages) => {
            "a message names whoever has its alarm and whom else it was told, to everybody whom it went to"
        }
        (Language::English, Unseen::Disk) => {
            "whoever reads the data folder, a backup, a database or a log of this machine directly asks nobody here"
        }
        (Language::English, Unseen::Repeats) => {
            "the same look again within an hour is one line with its number of times, at the instant of the first"
        }
        (Language::Dutch, Unseen::Screens) => {
            "de schermen met alarmen, hun logboek en de revisies van de locatie noemen wie een alarm heeft beantwoord of bericht krijgt, en wie daarnaar kijkt wordt niet              opgeschreven: iedereen met het recht daarop kan die namen hebben gezien"
        }
        (Language::Dutch, Unseen::Messages) => {
            "een bericht noemt wie het alarm heeft en aan wie het verder is gemeld, aan iedereen die het kreeg"
        }
        (Language::Dutch, Unseen::Disk) => {
            "wie de gegevensmap, een back-up, een database of een logboek van deze machine rechtstreeks leest, vraagt hier niemand"
        }
        (Language::Dutch, Unseen::Repeats) => {
            "dezelfde blik binnen een uur is één regel met het aantal keren, op het tijdstip van de eerste"
        }
    }
}

fn english(deed: Deed) -> &'static str {
    match deed {
        Deed::LogIn => "log in",
        Deed::Enter => "come in without what it takes",
        Deed::Look => "look at something",
        Deed::EnterCode => "log in with the code of the second factor",
        Deed::BeginSignOn => "go to single sign-on",
        Deed::SignOn => "log in by single sign-on",
        Deed::LogOut => "log out",
        Deed::CreateFirst => "make the first administrator",
        Deed::LookAtInvitation => "open an invitation",
        Deed::AcceptInvitation => "set a password with a one-time link",
        Deed::AnswerByLink => "acknowledge an alarm by the link of a message",
        Deed::AnswerByService => "answer alarms in a service that was told of them",
        Deed::AnswerByText => "answer an alarm by text message",
        Deed::ChangePassword => "change one’s password",
        Deed::EndOwnSession => "end one’s session",
        Deed::BeginSecondFactor => "begin to set up the second factor",
        Deed::ConfirmSecondFactor => "turn the second factor on",
        Deed::RenewRecoveryCodes => "make new recovery codes",
        Deed::EndSecondFactor => "turn the second factor off",
        Deed::ApplySite => "change the site’s configuration",
        Deed::RollBackSite => "roll the site’s configuration back",
        Deed::TrySite => "try a configuration on the past",
        Deed::Acknowledge => "acknowledge an alarm",
        Deed::AcknowledgeIncident => "acknowledge all alarms of an incident",
        Deed::GiveBack => "give an alarm back",
        Deed::GiveBackIncident => "give the alarms of an incident back",
        Deed::PassOnIncident => "pass an incident on",
        Deed::ResetAlarm => "reset an alarm",
        Deed::Shelve => "shelve an alarm",
        Deed::Unshelve => "unshelve an alarm",
        Deed::TakeOutOfService => "take an alarm out of service",
        Deed::ReturnToService => "return an alarm to service",
        Deed::NoteIncident => "note something about an incident",
        Deed::ExportIncident => "take an incident as a file",
        Deed::BeginWork => "say that work is in progress",
        Deed::WriteText => "write on a telephone of the demo",
        Deed::EndWork => "end work in progress",
        Deed::MakeOverride => "make an override of a rota",
        Deed::ChangeOverride => "change an override of a rota",
        Deed::TakeBackOverride => "take an override of a rota back",
        Deed::TestPage => "send oneself a test message",
        Deed::BeginDrill => "begin a drill",
        Deed::MakeDutyFeed => "make an address for one’s duties",
        Deed::EndDutyFeed => "take the address of one’s duties back",
        Deed::ResolveAgent => "settle whose an agent is",
        Deed::IdentifyAgent => "have an agent show which host it is",
        Deed::EnrollAgent => "make a code with which an agent joins",
        Deed::RevokeAgent => "revoke an agent’s certificate",
        Deed::JoinAgent => "join as an agent with a code",
        Deed::RenewCertificate => "renew an agent’s certificate",
        Deed::ShowCertificate => "come to the broker with an agent’s certificate",
        Deed::RotateAuthority => "let another authority for agents follow",
        Deed::RetireSensor => "retire a sensor",
        Deed::Beat => "say that a job ran",
        Deed::RetryLetters => "try unread messages again",
        Deed::Invite => "invite somebody",
        Deed::ChangePerson => "change what somebody may do",
        Deed::ResetPerson => "take somebody’s password away",
        Deed::ResetSecondFactor => "take somebody’s second factor away",
        Deed::EndSessions => "log somebody out",
        Deed::ExportPerson => "export all that is kept about somebody",
        Deed::ErasePerson => "erase somebody",
        Deed::GiveToken => "give a token out",
        Deed::RevokeToken => "take a token back",
        Deed::OpenKey => "open the key under which secrets lie",
        Deed::SealAnew => "seal secrets anew",
        Deed::RotateKey => "change the key under which secrets lie",
        Deed::ReadServices => "look at services",
        Deed::ReadAvailability => "look at a service’s availability",
        Deed::ReadReport => "take a service’s report",
        Deed::ReadPeople => "look at people",
        Deed::ReadTokens => "look at tokens",
        Deed::ReadAudit => "look at the audit log",
        Deed::ReadSeen => "look up who saw what of people",
        Deed::ExportAudit => "export the audit log",
    }
}

fn dutch(deed: Deed) -> &'static str {
    match deed {
        Deed::LogIn => "aanmelden",
        Deed::Enter => "binnenkomen zonder wat daarvoor nodig is",
        Deed::Look => "iets bekijken",
        Deed::EnterCode => "aanmelden met de code van de tweede factor",
        Deed::BeginSignOn => "naar single sign-on gaan",
        Deed::SignOn => "aanmelden met single sign-on",
        Deed::LogOut => "afmelden",
        Deed::CreateFirst => "de eerste beheerder aanmaken",
        Deed::LookAtInvitation => "een uitnodiging openen",
        Deed::AcceptInvitation => "met een eenmalige link een wachtwoord kiezen",
        Deed::AnswerByLink => "met de link in een bericht een alarm aannemen",
        Deed::AnswerByService => "alarmen beantwoorden in een dienst die ervan hoorde",
        Deed::AnswerByText => "met een sms op een alarm antwoorden",
        Deed::ChangePassword => "het eigen wachtwoord wijzigen",
        Deed::EndOwnSession => "een eigen sessie beëindigen",
        Deed::BeginSecondFactor => "de tweede factor beginnen in te stellen",
        Deed::ConfirmSecondFactor => "de tweede factor aanzetten",
        Deed::RenewRecoveryCodes => "nieuwe herstelcodes maken",
        Deed::EndSecondFactor => "de tweede factor uitzetten",
        Deed::ApplySite => "de configuratie van de locatie wijzigen",
        Deed::RollBackSite => "de configuratie van de locatie terugzetten",
        Deed::TrySite => "een configuratie op het verleden beproeven",
        Deed::Acknowledge => "een alarm aannemen",
        Deed::AcknowledgeIncident => "alle alarmen van een incident aannemen",
        Deed::GiveBack => "een alarm teruggeven",
        Deed::GiveBackIncident => "de alarmen van een incident teruggeven",
        Deed::PassOnIncident => "een incident doorgeven",
        Deed::ResetAlarm => "een alarm herstellen",
        Deed::Shelve => "een alarm opschorten",
        Deed::Unshelve => "een opschorting beëindigen",
        Deed::TakeOutOfService => "een alarm buiten dienst stellen",
        Deed::ReturnToService => "een alarm weer in dienst stellen",
        Deed::NoteIncident => "een notitie bij een incident maken",
        Deed::ExportIncident => "een incident als bestand opvragen",
        Deed::BeginWork => "werkzaamheden melden",
        Deed::WriteText => "op een telefoon van de demo schrijven",
        Deed::EndWork => "werkzaamheden beëindigen",
        Deed::MakeOverride => "een vervanging in een rooster maken",
        Deed::ChangeOverride => "een vervanging in een rooster wijzigen",
        Deed::TakeBackOverride => "een vervanging in een rooster terugnemen",
        Deed::TestPage => "zichzelf een testbericht sturen",
        Deed::BeginDrill => "een oefening beginnen",
        Deed::MakeDutyFeed => "een adres voor de eigen diensten maken",
        Deed::EndDutyFeed => "het adres van de eigen diensten intrekken",
        Deed::ResolveAgent => "vaststellen van wie een agent is",
        Deed::IdentifyAgent => "een agent laten zien welke host het is",
        Deed::EnrollAgent => "een code maken waarmee een agent zich aansluit",
        Deed::RevokeAgent => "het certificaat van een agent intrekken",
        Deed::JoinAgent => "zich met een code als agent aansluiten",
        Deed::RenewCertificate => "het certificaat van een agent vernieuwen",
        Deed::ShowCertificate => "met het certificaat van een agent bij de broker komen",
        Deed::RotateAuthority => "een andere autoriteit voor agents laten volgen",
        Deed::RetireSensor => "een sensor afvoeren",
        Deed::Beat => "melden dat een taak draaide",
        Deed::RetryLetters => "onleesbare berichten opnieuw proberen",
        Deed::Invite => "iemand uitnodigen",
        Deed::ChangePerson => "wijzigen wat iemand mag",
        Deed::ResetPerson => "iemands wachtwoord wegnemen",
        Deed::ResetSecondFactor => "iemands tweede factor wegnemen",
        Deed::EndSessions => "iemand afmelden",
        Deed::ExportPerson => "alles exporteren wat over iemand is bewaard",
        Deed::ErasePerson => "iemand wissen",
        Deed::GiveToken => "een token uitgeven",
        Deed::RevokeToken => "een token intrekken",
        Deed::OpenKey => "de sleutel openen waaronder geheimen liggen",
        Deed::SealAnew => "geheimen opnieuw verzegelen",
        Deed::RotateKey => "de sleutel vervangen waaronder geheimen liggen",
        Deed::ReadServices => "diensten bekijken",
        Deed::ReadAvailability => "de beschikbaarheid van een dienst bekijken",
        Deed::ReadReport => "het rapport van een dienst ophalen",
        Deed::ReadPeople => "personen bekijken",
        Deed::ReadTokens => "tokens bekijken",
        Deed::ReadAudit => "het auditlogboek bekijken",
        Deed::ReadSeen => "opzoeken wie wat van personen heeft gezien",
        Deed::ExportAudit => "het auditlogboek exporteren",
    }
}
