//! The page behind a link: plain, without script, and under a policy that lets nothing else in.

use std::fmt::Write;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plenum_core::alarms::Alarm;
use plenum_core::text;
use sha2::{Digest, Sha256};

use super::super::report_page::escape;
use super::words::Words;
use crate::state::Dashboard;
use crate::view::{DutyPerson, PassingOn};

const STYLE: &str = ":root{color-scheme:light dark;background:light-dark(#fff,#121212);color:light-dark(#111,#eee)}body{font:17px/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.3rem}h2{font-size:1.1rem;margin-top:2rem}a{color:light-dark(#0b4fb3,#a8c7fa)}li{margin:.3rem 0;overflow-wrap:anywhere}label{display:block;margin:1rem 0 .3rem}textarea{width:100%;min-height:4rem;font:inherit;box-sizing:border-box}\
select{font:inherit;width:100%;padding:.6rem;box-sizing:border-box}button{font:inherit;font-weight:600;width:100%;padding:.9rem;margin-top:1rem;cursor:pointer}\
.me{background:light-dark(#0b4fb3,#a8c7fa);color:light-dark(#fff,#062e6f);border:0;border-radius:.3rem}";

/// Alarms that are named; of the others it is said how many there are.
const NAMED: usize = 50;

/// For how many minutes somebody may say that they have it.
const LENGTHS: [u32; 5] = [30, 60, 120, 240, 480];

/// Where somebody looks who was shown no alarm.
const LIST: &str = "/alarms";

/// What the page says.
pub(super) struct Page {
    words: &'static Words,
    title: String,
    body: String,
    look: String,
}

impl Page {
    /// With nothing but a title.
    pub(super) fn new(words: &'static Words, title: impl Into<String>) -> Self {
        Self {
            words,
            title: title.into(),
            body: String::new(),
            look: LIST.to_owned(),
        }
    }

    /// What it is about, the worst first.
    pub(super) fn naming<'a>(
        mut self,
        dashboard: &Dashboard,
        alarms: impl ExactSizeIterator<Item = &'a Alarm>,
    ) -> Self {
        let site = dashboard.collector.site();
        let language = self.words.language;
        let form = text::Form::of(&site, language, dashboard.clock.now());
        let more = alarms.len().saturating_sub(NAMED);
        let mut lines = String::new();
        for alarm in alarms.take(NAMED) {
            if self.look == LIST {
                self.look = format!("/alarms/{}", alarm.id);
            }
            let priority = text::priority(alarm.priority, language).to_uppercase();
            let sentence = escape(&text::alarm::sentence(&site, alarm, &form));
            // Writing to a String cannot fail.
            let _ = write!(lines, "<li><b>{priority}</b> {sentence}</li>");
        }
        if more > 0 {
            let _ = write!(lines, "<li>{}</li>", (self.words.more)(more));
        }
        if !lines.is_empty() {
            let _ = write!(self.body, "<ul>{lines}</ul>");
        }
        self
    }

    /// A line of text.
    pub(super) fn saying(mut self, line: &str) -> Self {
        let _ = write!(self.body, "<p>{}</p>", escape(line));
        self
    }

    /// The button that takes what is named. `seen`: what that is.
    pub(super) fn asking(mut self, seen: &str) -> Self {
        let words = self.words;
        let mut lengths = format!("<option value=\"\">{}</option>", words.until_over);
        for minutes in LENGTHS {
            let _ = write!(
                lengths,
                "<option value=\"{minutes}\">{}</option>",
                (words.for_minutes)(minutes)
            );
        }
        let _ = write!(
            self.body,
            "<form method=\"post\"><input type=\"hidden\" name=\"seen\" value=\"{seen}\">\
             <label for=\"c\">{}</label><textarea id=\"c\" name=\"comment\" maxlength=\"2000\"></textarea>\
             <label for=\"m\">{}</label><select id=\"m\" name=\"minutes\">{lengths}</select>\
             <button class=\"me\">{}</button></form>",
            words.comment, words.how_long, words.button
        );
        self
    }

    /// The button that gives back what somebody has. `seen`: what that is.
    pub(super) fn giving_back(mut self, seen: &str) -> Self {
        let words = self.words;
        let _ = write!(
            self.body,
            "<form method=\"post\"><input type=\"hidden\" name=\"seen\" value=\"{seen}\">\
             <input type=\"hidden\" name=\"act\" value=\"give-back\">\
             <label for=\"b\">{}</label><textarea id=\"b\" name=\"comment\" maxlength=\"2000\"></textarea>\
             <button>{}</button></form>",
            words.why, words.give_back
        );
        self
    }

    /// The button that calls somebody else: whoever is next, or somebody by name.
    pub(super) fn passing_on(mut self, offer: &PassingOn) -> Self {
        let (words, next) = (self.words, offer.next.join(", "));
        let _ = write!(self.body, "<h2>{}</h2>", words.cannot);
        let others: Vec<&DutyPerson> = offer.to.iter().filter(|person| person.name != next).collect();
        if next.is_empty() && others.is_empty() {
            return self.saying(words.nobody_next);
        }
        let mut form = String::new();
        if others.is_empty() {
            let _ = write!(form, "<p>{}</p>", escape(&(words.next_is)(&next)));
        } else {
            let _ = write!(
                form,
                "<label for=\"t\">{}</label><select id=\"t\" name=\"to\">",
                words.to
            );
            if !next.is_empty() {
                let _ = write!(
                    form,
                    "<option value=\"\">{}</option>",
                    escape(&(words.whoever_is_next)(&next))
                );
            }
            for DutyPerson { id, name } in others {
                let _ = write!(form, "<option value=\"{id}\">{}</option>", escape(name));
            }
            form += "</select>";
        }
        let _ = write!(
            self.body,
            "<form method=\"post\"><input type=\"hidden\" name=\"act\" value=\"pass-on\">{form}<button>{}</button></form>",
            words.pass_on
        );
        self
    }

    /// As an answer.
    pub(super) fn answer(self, status: StatusCode) -> Response {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
        let Self {
            words,
            title,
            body,
            look,
        } = self;
        let page = format!(
            "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <meta name=\"robots\" content=\"noindex\"><title>Plenum</title><style>{STYLE}</style><main><h1>{title}</h1>{body}\
             <p><a href=\"{look}\">{}</a></p></main></html>",
            words.language.code(),
            words.look
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ];
        (status, headers, page).into_response()
    }
}
