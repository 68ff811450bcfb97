//! A network switch between an agent and the broker: while it is on, bytes pass; when it goes off, every line through it is dead without a word.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The switch.
pub struct Switch {
    port: u16,
    lines: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Switch {
    /// It is on, and `url` (`mqtt://host:port`) lies behind it.
    pub fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let lines = Arc::new(Mutex::new(Some(Vec::new())));
        let (kept, behind) = (Arc::clone(&lines), url.trim_start_matches("mqtt://").to_owned());
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let mut lines = kept.lock().unwrap();
                let Some(lines) = lines.as_mut() else { continue };
                let Ok(far) = TcpStream::connect(&behind) else {
                    continue;
                };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    std::thread::spawn(move || pass(&mut from, &mut to));
                }
                lines.extend([near, far]);
            }
        });
        Self { port, lines }
    }

    /// Where agents connect.
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// It goes off for good.
    pub fn off(&self) {
        for line in self.lines.lock().unwrap().take().into_iter().flatten() {
            let _ = line.shutdown(Shutdown::Both);
        }
    }
}

fn pass(from: &mut TcpStream, to: &mut TcpStream) {
    let mut bytes = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
