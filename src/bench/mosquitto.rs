//! Debian's mosquitto as the broker of a bench, with queues that hold what the agents have under way.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use plenum_link::SystemClock;
use plenum_protocol::{Clock, Duration};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// Where Debian puts it: not on everybody's PATH.
const PROGRAMS: [&str; 2] = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];

/// A running mosquitto; it ends when dropped.
pub(crate) struct Mosquitto {
    /// Where it listens.
    pub(crate) url: String,
    /// Its process's number, for what `/proc` tells of it.
    pub(crate) process: u32,
    _child: Child,
}

/// Whether it is installed, and where.
pub(crate) fn installed() -> Option<&'static str> {
    PROGRAMS.into_iter().find(|program| Path::new(program).is_file())
}

/// Starts it on a free port of loopback.
pub(crate) async fn start(folder: &Path) -> Result<Mosquitto> {
    let program = installed().context("mosquitto is not installed: apt-get install mosquitto")?;
    let free = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = free.local_addr()?;
    drop(free);
    let file = folder.join("mosquitto.conf");
    // Its own bounds, 20 in flight and 1,000 waiting, would drop what 20 agents have under way.
    let text = format!(
        "listener {} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n\
         max_inflight_messages 0\nmax_queued_messages 100000\nlog_type error\n",
        address.port()
    );
    std::fs::write(&file, text).with_context(|| format!("{}: cannot be written", file.display()))?;
    let child = Command::new(program)
        .arg("-c")
        .arg(&file)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{program}: cannot be started"))?;
    let process = child.id().context("mosquitto has ended")?;
    let clock = SystemClock;
    let until = clock.steady() + Duration::from_seconds(10);
    while TcpStream::connect(address).await.is_err() {
        if clock.steady() > until {
            bail!("mosquitto does not listen on {address}");
        }
        clock.sleep(Duration::from_milliseconds(20)).await;
    }
    Ok(Mosquitto {
        url: format!("mqtt://{address}"),
        process,
        _child: child,
    })
}
