//! What channels hear by themselves: that a message arrived or did not, that they carry nothing, that somebody wrote.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use plenum_core::modem::pdu::Address;
use plenum_protocol::{Identifier, Timestamp};
use tokio::sync::mpsc;

use super::Courier;
use super::places::Places;
use crate::notify::channels::hook::{HookError, Post, Said};
use crate::notify::channels::{Figures, Hears, News, Outcome, Sounds};
use crate::notify::outbox;
use crate::notify::reach::{End, Reach};

/// What channels hear waits here for the courier; they wait for space.
const NEWS: usize = 64;
/// What people wrote waits here to be answered; what comes beyond is told in the log and not answered.
const TEXTS: usize = 64;

/// What channels measure waits here to be written down; what comes beyond is told in the log and missing in the series.
const FIGURES: usize = 64;

/// What somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Over which channel of the site.
    pub channel: Identifier,
    /// Where from, as the way itself says.
    pub from: Address,
    /// When it was sent, if that is known.
    pub at: Option<Timestamp>,
    /// What.
    pub text: String,
}

/// Ends of what is heard.
pub(super) struct Ears {
    news: mpsc::Sender<(Identifier, News)>,
    taken: Mutex<Option<mpsc::Receiver<(Identifier, News)>>>,
    texts: mpsc::Sender<Heard>,
    texts_taken: Mutex<Option<mpsc::Receiver<Heard>>>,
    figures: mpsc::Sender<Figures>,
    figures_taken: Mutex<Option<mpsc::Receiver<Figures>>>,
    sounds: OnceLock<Arc<dyn Sounds>>,
}

impl Ears {
    pub(super) fn new() -> Self {
        let (news, taken) = mpsc::channel(NEWS);
        let (texts, texts_taken) = mpsc::channel(TEXTS);
        let (figures, figures_taken) = mpsc::channel(FIGURES);
        Self {
            news,
            taken: Mutex::new(Some(taken)),
            texts,
            texts_taken: Mutex::new(Some(texts_taken)),
            figures,
            figures_taken: Mutex::new(Some(figures_taken)),
            sounds: OnceLock::new(),
        }
    }

    /// For the one courier that runs; a second gets an end over which nothing comes.
    pub(super) fn take_news(&self) -> mpsc::Receiver<(Identifier, News)> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.unwrap_or_else(|| mpsc::channel(1).1)
    }
}

impl Courier {
    /// What people write from now on; none where somebody has it already.
    pub fn texts(&self) -> Option<mpsc::Receiver<Heard>> {
        let texts = &self.ears.texts_taken;
        texts.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What channels measure from now on; none where somebody has it already.
    pub(crate) fn figures(&self) -> Option<mpsc::Receiver<Figures>> {
        let figures = &self.ears.figures_taken;
        figures.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// From here on these switch what is in the building.
    pub(crate) fn sounds_by(&self, sounds: Arc<dyn Sounds>) {
        // There is one opening of the doors, so this is the first value.
        self.ears.sounds.set(sounds).ok();
    }

    /// Answers somebody over the channel by which they wrote.
    pub async fn say(&self, channel: &Identifier, to: &str, text: &str) -> Outcome {
        let channels = self.channels();
        match channels.only(channel) {
            Some(channel) => self
                .in_time(channel.say(to, text))
                .await
                .unwrap_or_else(super::silence),
            None => Outcome::GiveUp("the channel is not there any more".to_owned()),
        }
    }

    /// What a service says by a post about what it was told over a channel; none where it says nothing that changes anything here.
    ///
    /// # Errors
    /// [`HookError`] says why nothing is made of it.
    pub(crate) fn heard(&self, channel: &Identifier, post: &Post<'_>) -> Result<Option<Said>, HookError> {
        let channels = self.channels();
        let heard = channels.only(channel).and_then(|channel| channel.hear(post));
        heard.unwrap_or_else(|| Err(HookError::Deaf(channel.to_string())))
    }

    /// Lets the channels that are in force hear.
    pub(super) fn let_hear(&self) {
        let folder = self.database.path().parent().unwrap_or(Path::new(".")).to_owned();
        self.channels().start(|channel| Hears {
            channel: channel.clone(),
            news: self.ears.news.clone(),
            folder: folder.clone(),
            clock: self.clock.clone(),
            sounds: self.ears.sounds.get().cloned(),
        });
    }

    /// Takes what a channel heard. Gives it back where it is of a delivery that the outbox does not know as taken: a telephone may be quicker than the disk.
    pub(super) async fn hear(
        &self,
        reach: &mut Reach,
        channel: Identifier,
        news: News,
    ) -> Option<(Identifier, News)> {
        let name = channel.as_str();
        match news {
            News::Trouble(Some(why)) => {
                tracing::warn!(channel = name, why, "a channel carries nothing");
                let end = End::Failed {
                    why,
                    alarming: true,
                    refused: false,
                };
                self.report(reach.ended(name, name, end)).await;
            }
            News::Trouble(None) => {
                tracing::info!(channel = name, "a channel is well");
                self.report(reach.ended(name, name, End::Reached)).await;
                // What waits for it need not wait for its turn.
                let now = self.clock.now();
                self.change(move |connection| outbox::hurry(connection, channel.as_str(), now))
                    .await;
            }
            News::Proved { .. } | News::Undelivered { .. } => {
                return self
                    .hear_of(reach, &channel, news)
                    .await
                    .map(|news| (channel, news));
            }
            News::Figures(figures) => {
                if let Err(error) = self.ears.figures.try_send(figures) {
                    tracing::warn!(%error, "what a channel measures is not written down");
                }
            }
            News::Text { from, at, text } => {
                let heard = Heard {
                    channel,
                    from,
                    at,
                    text,
                };
                if let Err(error) = self.ears.texts.try_send(heard) {
                    tracing::warn!(%error, "somebody wrote, and is not answered");
                }
            }
        }
        None
    }

    /// What became of a delivery.
    async fn hear_of(&self, reach: &mut Reach, channel: &Identifier, news: News) -> Option<News> {
        let (now, heard) = (self.clock.now(), news.clone());
        let write = move |connection: &rusqlite::Connection| match &heard {
            News::Proved { key } => outbox::proved(connection, key, now),
            News::Undelivered { key, why } => outbox::undelivered(connection, key, why, now),
            News::Figures(_) | News::Text { .. } | News::Trouble(_) => Ok(None),
        };
        let recipient = match self.database.write(write).await {
            Ok(Some(recipient)) => recipient,
            Ok(None) => return Some(news),
            Err(error) => {
                tracing::error!(%error, "what became of a message cannot be written down");
                return None;
            }
        };
        let name = channel.as_str();
        let end = match news {
            News::Undelivered { why, .. } => {
                tracing::warn!(
                    channel = name,
                    to = recipient,
                    why,
                    "a message that was taken did not arrive"
                );
                End::Lost { why }
            }
            _ => End::Reached,
        };
        self.report(reach.ended(name, &recipient, end)).await;
        None
    }

    /// Takes what came too early, now that an attempt is written down. What is about none that is under way is about none that is known.
    pub(super) async fn hear_again(
        &self,
        reach: &mut Reach,
        early: &mut Vec<(Identifier, News)>,
        places: &Places,
    ) {
        for (channel, news) in std::mem::take(early) {
            let goes_on = places.over(channel.as_str()).next().is_some();
            let again = self.hear(reach, channel, news).await;
            early.extend(again.filter(|_| goes_on && early.len() < NEWS));
        }
    }
}
