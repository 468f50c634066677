//! What SASL asks whether a password is right: a saslauthd of the test's own, and the configuration
//! that leads to it.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

/// A folder with the configuration, and a thread that answers; both end when it is dropped.
#[derive(Debug)]
pub(crate) struct Sasl {
    folder: PathBuf,
    thread: Option<JoinHandle<()>>,
}

impl Sasl {
    /// Lets these in: a name, a blank and a password.
    pub(crate) fn new(login: &'static str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("minimc-sasl-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a folder for SASL");
        let socket = folder.join("mux");
        let configuration = format!(
            "pwcheck_method: saslauthd\nsaslauthd_path: {}\nmech_list: plain\n",
            socket.display()
        );
        std::fs::write(folder.join("memcached.conf"), configuration).expect("a configuration");
        let listener = UnixListener::bind(&socket).expect("a socket for SASL");
        let thread = std::thread::spawn(move || {
            for link in listener.incoming() {
                // A connection that asks nothing says that it is over.
                let is_over = link
                    .ok()
                    .and_then(|mut link| answer(&mut link, login))
                    .is_none();
                if is_over {
                    return;
                }
            }
        });
        Self {
            folder,
            thread: Some(thread),
        }
    }

    /// Where the configuration is, for `SASL_CONF_PATH`.
    pub(crate) fn folder(&self) -> &PathBuf {
        &self.folder
    }
}

impl Drop for Sasl {
    fn drop(&mut self) {
        let farewell = UnixStream::connect(self.folder.join("mux"));
        if farewell.is_ok()
            && let Some(thread) = self.thread.take()
        {
            drop(farewell);
            let _ = thread.join();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Answers a question: name, password, service and realm, each with its length before it.
fn answer(link: &mut UnixStream, login: &str) -> Option<()> {
    let mut word = || {
        let mut length = [0; 2];
        link.read_exact(&mut length).ok()?;
        let mut word = vec![0; usize::from(u16::from_be_bytes(length))];
        link.read_exact(&mut word).ok()?;
        String::from_utf8(word).ok()
    };
    let [user, password, _service, _realm] = [word()?, word()?, word()?, word()?];
    let is_right = format!("{user} {password}") == login;
    let answer: &[u8] = if is_right { b"\0\x02OK" } else { b"\0\x02NO" };
    link.write_all(answer).ok()
}
