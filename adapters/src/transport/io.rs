//! Anything that speaks embedded-io-async.

use embedded_io_async::{Read, Write};
use minimc_core::{During, ErrorKind};

use super::{Once, Transport, failed, first};

/// A connected stream that speaks [`embedded_io_async`]: a TLS session, a serial line, a pipe.
///
/// It knows neither a clock nor how to connect again: put the deadline into the stream, or around
/// the call. For a stream that blocks there is [`blocking::Io`](crate::blocking::Io).
#[derive(Debug)]
pub struct Io<T> {
    stream: Once<T>,
}

impl<T> Io<T> {
    /// A transport over a stream that is connected.
    pub fn new(stream: T) -> Self {
        Self {
            stream: Once::new(stream),
        }
    }
}

impl<T: Read + Write> Transport for Io<T> {
    async fn connect(&mut self) -> Result<(), ErrorKind> {
        self.stream.start()
    }

    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        self.stream
            .get()?
            .read(into)
            .await
            .map_err(|error| failed(During::Read, &error))
    }

    async fn write(&mut self, parts: [&[u8]; 3]) -> Result<usize, ErrorKind> {
        self.stream
            .get()?
            .write(first(parts))
            .await
            .map_err(|error| failed(During::Write, &error))
    }

    async fn push(&mut self) -> Result<(), ErrorKind> {
        self.stream
            .get()?
            .flush()
            .await
            .map_err(|error| failed(During::Write, &error))
    }

    fn close(&mut self) {
        self.stream.close();
    }
}
