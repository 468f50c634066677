//! A relay between standard input and output and a server: what QEMU starts for every connection
//! of a device, so that each has a connection of its own.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::AsFd;
use std::process;

/// Carries bytes both ways until either side ends, which ends the process. The byte that the server
/// sends after `spoilt` others is spoilt, if there is such a number.
pub fn relay(port: u16, spoilt: Option<usize>) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    server.set_nodelay(true)?;
    let (from_device, from_server) = (unbuffered(&io::stdin())?, server.try_clone()?);
    std::thread::spawn(move || {
        let _ = carry(from_device, server, None);
        process::exit(0);
    });
    carry(from_server, unbuffered(&io::stdout())?, spoilt)
}

fn unbuffered(stream: &impl AsFd) -> io::Result<File> {
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

fn carry(mut from: impl Read, mut to: impl Write, mut spoilt: Option<usize>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let count = match from.read(&mut buffer)? {
            0 => return Ok(()),
            count => count,
        };
        let bytes = &mut buffer[..count];
        if let Some(at) = spoilt {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1;
            }
            spoilt = at.checked_sub(count);
        }
        to.write_all(bytes)?;
    }
}
