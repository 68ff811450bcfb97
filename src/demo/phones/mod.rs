//! The demo's telephones: Sanne's and Joris's, and a GSM modem on a pseudo-terminal by which texts reach them. The collector speaks to it as to a real one, so that
//! what the demo shows is what would go over the air; what is written on a telephone comes back the same way.

mod modem;

use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use plenum_dashboard::{Phone, PhoneText, Telephones, Unwritten};
use plenum_protocol::Clock;
use serialport::{SerialPort, TTYPort};
use tokio_util::sync::CancellationToken;

use modem::{Effect, Modem};

/// Who has which telephone: numbers that Ofcom keeps free for stories.
pub(super) const OWNERS: [(&str, &str); 2] = [("sanne", "+447700900142"), ("joris", "+447700900167")];
/// The channel that its modem serves.
pub(super) const CHANNEL: &str = "sms-duty";
/// How strong its signal is (27.007, 8.5).
pub(super) const SIGNAL_DBM: f64 = -113.0 + 2.0 * modem::SIGNAL as f64;
/// So many texts a telephone keeps; the oldest goes first.
const KEPT: usize = 100;
/// So many that were written wait in the network for a modem whose SIM is full; what comes beyond is refused.
const WAITING: usize = 16;

/// Both telephones, and the network between them and the modem.
#[derive(Clone)]
pub(crate) struct DemoPhones(Arc<Shared>);

struct Shared {
    device: PathBuf,
    kept: Mutex<Kept>,
    writes: SyncSender<Written>,
    clock: Arc<dyn Clock>,
}

struct Kept {
    count: u64,
    phones: Vec<Phone>,
}

/// What somebody wrote, on its way to the modem.
struct Written {
    number: &'static str,
    text: String,
}

impl DemoPhones {
    /// Puts the modem on a pseudo-terminal of its own. It is there until told to stop.
    pub(crate) fn plug_in(clock: Arc<dyn Clock>, stop: CancellationToken) -> Result<Self> {
        let pair = TTYPort::pair();
        let (line, far) = pair.context("the demo's modem needs a pseudo-terminal of /dev/ptmx")?;
        let device = far.name().context("the modem's pseudo-terminal has no name")?;
        let (writes, written) = sync_channel(WAITING);
        let phone = |(person, number): (&str, &str)| {
            Ok(Phone {
                person: person.parse()?,
                number: number.to_owned(),
                texts: Vec::new(),
            })
        };
        let phones = OWNERS.into_iter().map(phone).collect::<Result<_>>()?;
        let phones = Self(Arc::new(Shared {
            device: device.into(),
            kept: Mutex::new(Kept { count: 0, phones }),
            writes,
            clock,
        }));
        let air = Air {
            line,
            _far: far,
            modem: Modem::new(),
            written,
            phones: phones.clone(),
        };
        std::thread::Builder::new()
            .name("demo modem".to_owned())
            .spawn(move || air.run(&stop))
            .context("the modem's thread cannot be started")?;
        Ok(phones)
    }

    /// Where the modem's line is.
    pub(crate) fn device(&self) -> &Path {
        &self.0.device
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A text stands on the telephone of this number from now on; nowhere, where nobody has that.
    fn keep(&self, number: &str, text: String, own: bool) {
        let mut kept = self.kept();
        let id = kept.count + 1;
        let phone = kept.phones.iter_mut().find(|phone| phone.number == number);
        let Some(phone) = phone else { return };
        phone.texts.push(PhoneText {
            id,
            at: self.0.clock.now(),
            own,
            text,
        });
        let beyond = phone.texts.len().saturating_sub(KEPT);
        phone.texts.drain(..beyond);
        kept.count = id;
    }
}

impl Telephones for DemoPhones {
    fn phones(&self) -> Vec<Phone> {
        self.kept().phones.clone()
    }

    fn write(&self, person: &str, text: &str) -> Result<(), Unwritten> {
        let owner = OWNERS.into_iter().find(|(owner, _)| *owner == person);
        let (_, number) = owner.ok_or(Unwritten::NoTelephone)?;
        let written = Written {
            number,
            text: text.to_owned(),
        };
        self.0.writes.try_send(written).map_err(|_| Unwritten::Full)?;
        self.keep(number, text.to_owned(), true);
        Ok(())
    }
}

/// Who owns the modem's end of the line.
struct Air {
    line: TTYPort,
    /// Held open, so that the line is there while the collector is not.
    _far: TTYPort,
    modem: Modem,
    written: Receiver<Written>,
    phones: DemoPhones,
}

impl Air {
    fn run(mut self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let mut effects = self.listen();
            if self.modem.has_room()
                && let Ok(Written { number, text }) = self.written.try_recv()
            {
                let at = self.phones.0.clock.now();
                effects.extend(self.modem.receive(number, &text, at));
            }
            for effect in effects {
                self.act(effect);
            }
        }
    }

    /// What the computer says, within a tenth of a second.
    fn listen(&mut self) -> Vec<Effect> {
        let mut buffer = [0; 512];
        match self.line.read(&mut buffer) {
            Ok(count) => {
                let clock = &self.phones.0.clock;
                self.modem.hear(&buffer[..count], (clock.now(), clock.steady()))
            }
            Err(error) => {
                if !matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) {
                    tracing::debug!(%error, "the demo's modem hears nothing");
                }
                Vec::new()
            }
        }
    }

    fn act(&mut self, effect: Effect) {
        match effect {
            Effect::Say(bytes) => {
                // What nobody fetches is lost, as on a real line.
                if let Err(error) = self.line.write_all(&bytes) {
                    tracing::debug!(%error, "the demo's modem is not heard");
                }
            }
            Effect::Arrived { number, text } => self.phones.keep(&number, text, false),
        }
    }
}
