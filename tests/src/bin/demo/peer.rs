//! Who writes the configuration and reads what the devices published: minimc, or pylibmc.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use minimc::net::Client;
use minimc::value::{Convention, Value};
use minimc::{Expiry, Options, Zlib};

/// The host's client of typed values.
pub(crate) enum Peer {
    Minimc(Box<Client>),
    /// The Python that has it, and where the server is.
    Pylibmc {
        python: String,
        server: String,
    },
}

/// A value of the configuration, compressed by either client if it is long.
#[derive(Clone, Debug)]
pub(crate) enum Setting {
    Text(String),
    Integer(u32),
    Bool(bool),
}

/// The longest text that a device may publish.
const ROOM: usize = 64 * 1024;

/// As pylibmc does when it is told so, which `tests/interop/demo.py` has too.
static COMPRESSING: Convention = Convention::PYLIBMC.compress_from(200);

impl Peer {
    pub(crate) fn new(server: &str, python: Option<&String>) -> Result<Self, minimc::Error> {
        if let Some(python) = python {
            let (python, server) = (python.clone(), server.into());
            return Ok(Self::Pylibmc { python, server });
        }
        let options = Options {
            convention: &COMPRESSING,
            ..Options::default()
        };
        let client = Client::connect_with(server, options)?;
        Ok(Self::Minimc(Box::new(client)))
    }

    /// Stores these values.
    pub(crate) fn write(&mut self, settings: &[(&str, Setting)]) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Minimc(client) => {
                let (mut zlib, mut room) = (Zlib::new(), vec![0; ROOM]);
                for (key, setting) in settings {
                    let value = match setting {
                        Setting::Text(text) => Value::Text(text),
                        Setting::Integer(number) => (*number).into(),
                        Setting::Bool(truth) => (*truth).into(),
                    };
                    client.set_value_compressed(
                        *key,
                        value,
                        Expiry::NEVER,
                        &mut zlib,
                        &mut room,
                    )?;
                }
            }
            Self::Pylibmc { python, server } => {
                let mut lines = String::new();
                for (key, setting) in settings {
                    writeln!(lines, "{key} {setting}")?;
                }
                run(python, &["write", server], &lines)?;
            }
        }
        Ok(())
    }

    /// The text under `key`: a text in the eyes of the client, inflated by it if it is compressed.
    pub(crate) fn text(&mut self, key: &str) -> Result<String, Box<dyn Error>> {
        match self {
            Self::Minimc(client) => {
                let mut room = vec![0; ROOM];
                let value = client.get_value_into(key, &mut room)?;
                let value = value.ok_or_else(|| format!("nobody published {key}"))?;
                let text = value
                    .text()
                    .ok_or_else(|| format!("{key} is no text: {value:?}"))?;
                Ok(text.into())
            }
            Self::Pylibmc { python, server } => {
                let read = run(python, &["read", server, key], "")?;
                let text = read.strip_prefix(b"str\n");
                let text = text.ok_or_else(|| format!("{key} is no str to pylibmc"))?;
                Ok(String::from_utf8(text.to_vec())?)
            }
        }
    }

    /// The bytes under `key`, as [`text`](Self::text), if the client can hold them whole.
    pub(crate) fn bytes(&mut self, key: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        match self {
            Self::Minimc(client) => {
                let mut room = vec![0; 4 << 20];
                let value = client.get_value_into(key, &mut room)?;
                match value {
                    Some(Value::Bytes(bytes)) => Ok(bytes.into()),
                    _ => Err(format!("{key} is no bytes").into()),
                }
            }
            Self::Pylibmc { python, server } => {
                let read = run(python, &["read", server, key], "")?;
                let bytes = read.strip_prefix(b"bytes\n");
                Ok(bytes
                    .ok_or_else(|| format!("{key} is no bytes to pylibmc"))?
                    .into())
            }
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minimc(_) => "minimc",
            Self::Pylibmc { .. } => "pylibmc",
        })
    }
}

/// As Python writes it.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The two languages escape alike what these texts have.
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
        }
    }
}

/// What `tests/interop/demo.py` prints.
fn run(python: &str, arguments: &[&str], input: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("interop/demo.py");
    let mut process = Command::new(python)
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{python}: {error}"))?;
    let mut pipe = process.stdin.take().ok_or("no pipe")?;
    pipe.write_all(input.as_bytes())?;
    drop(pipe);
    let output = process.wait_with_output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("demo.py {}: {}", arguments.join(" "), output.status).into())
    }
}
