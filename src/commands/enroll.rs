//! `plenum enroll`: a code with which an agent joins, as a text and as a picture, and what to do with it.

use anyhow::Result;
use plenum_dashboard::view::{EnrolmentCode, NewEnrolment};
use qrcode::render::unicode::Dense1x2;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};

use crate::cli::Enroll;
use crate::client::Client;
use crate::print;

pub(crate) async fn run(arguments: &Enroll) -> Result<()> {
    let Enroll {
        agent,
        host,
        connection,
    } = arguments;
    let asked = NewEnrolment { host: host.clone() };
    let client = Client::of(&connection.data)?;
    let given: EnrolmentCode = client.post(&format!("agents/{agent}/enrolment"), &asked).await?;
    if connection.json {
        return print::json(&given);
    }
    print::line(&picture(&given.code)?)?;
    print::line(&words(&given))
}

/// For a phone that is nearer to the agent than this terminal.
fn picture(code: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(code, EcLevel::L)?;
    // Terminals write light on dark: what is full here is the paper.
    let mut picture = code.render::<Dense1x2>();
    picture.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark);
    Ok(picture.build())
}

fn words(given: &EnrolmentCode) -> String {
    let EnrolmentCode {
        site,
        agent,
        code,
        qr: _,
        host,
        port,
        expires_at,
    } = given;
    format!(
        "On the host of {site}/{agent}, as root:\n\n  plenum-agent join '{code}'\n\n\
         The code is good once, for this agent alone, until {expires_at}; it is not shown again, and another call makes another. The agent will look for\n\
         this collector at {host}, port {port}; if it has to look elsewhere, name that with --host."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str =
        "mqtts://ams1/pi-a1@10.0.0.5:8883#k7qm2abcdefghjkmn3p4.9f86d081884c7d659a2feaa0c55ad015";

    #[test]
    fn the_picture_fits_a_terminal_of_eighty_by_forty() {
        let picture = picture(CODE).unwrap();
        let widest = picture.lines().map(|line| line.chars().count()).max();
        assert!(
            widest.unwrap() <= 80 && picture.lines().count() <= 40,
            "{picture}"
        );
        // The longest names there are.
        let longest = CODE.replacen("ams1/pi-a1@10.0.0.5", &"a".repeat(253 + 130), 1);
        assert!(super::picture(&longest).is_ok());
    }

    #[test]
    fn the_words_have_the_command_on_a_line_of_its_own() {
        let given = EnrolmentCode {
            site: "ams1".parse().unwrap(),
            agent: "pi-a1".parse().unwrap(),
            code: CODE.to_owned(),
            qr: String::new(),
            host: "10.0.0.5".to_owned(),
            port: 8883,
            expires_at: "2026-11-27T12:15:00Z".parse().unwrap(),
        };
        let words = words(&given);
        let command = format!("  plenum-agent join '{CODE}'");
        assert!(words.lines().any(|line| line == command), "{words}");
        assert!(words.contains("until 2026-11-27T12:15:00"), "{words}");
    }
}
