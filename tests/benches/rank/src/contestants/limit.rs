//! The limit: requests that were encoded before, and replies that are read to their known length and not
//! looked at.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Setting, Work, each, on, runtime};
use crate::Result;
use crate::workload::{KEY, Workload};

pub fn blocking(setting: &Setting) -> Result<Option<Work>> {
    if setting.is_unix() {
        Ok(Some(over(
            UnixStream::connect(&setting.address)?,
            setting.workload,
        )))
    } else {
        let stream = TcpStream::connect(&setting.address)?;
        stream.set_nodelay(true)?;
        Ok(Some(over(stream, setting.workload)))
    }
}

fn over<S: Read + Write + 'static>(stream: S, workload: Workload) -> Work {
    let Exchange { request, length } = Exchange::of(workload);
    let mut reply = vec![0; length];
    each(stream, move |stream| {
        stream.write_all(&request)?;
        Ok(stream.read_exact(&mut reply)?)
    })
}

pub fn tokio(setting: &Setting) -> Result<Option<Work>> {
    let runtime = runtime(1)?;
    if setting.is_unix() {
        let stream = runtime.block_on(tokio::net::UnixStream::connect(&setting.address))?;
        Ok(Some(over_tokio(runtime, stream, setting.workload)))
    } else {
        let stream = runtime.block_on(tokio::net::TcpStream::connect(&setting.address))?;
        stream.set_nodelay(true)?;
        Ok(Some(over_tokio(runtime, stream, setting.workload)))
    }
}

fn over_tokio<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    runtime: tokio::runtime::Runtime,
    stream: S,
    workload: Workload,
) -> Work {
    let Exchange { request, length } = Exchange::of(workload);
    let mut reply = vec![0; length];
    on(runtime, stream, async move |stream| {
        stream.write_all(&request).await?;
        stream.read_exact(&mut reply).await?;
        Ok(())
    })
}

/// What goes out and how much comes back, in the form that costs the server the least.
pub struct Exchange {
    pub request: Vec<u8>,
    pub length: usize,
}

impl Exchange {
    pub fn of(workload: Workload) -> Self {
        let value = workload.value();
        let bytes = value.len();
        let mut request = Vec::new();
        let mut length = 0;
        match workload {
            Workload::Get(_) | Workload::Tasks { .. } => {
                request.extend_from_slice(format!("mg {KEY} v\r\n").as_bytes());
                length = format!("VA {bytes}\r\n\r\n").len() + bytes;
            }
            Workload::Set(_) => {
                request.extend_from_slice(format!("ms {KEY} {bytes}\r\n").as_bytes());
                request.extend_from_slice(&value);
                request.extend_from_slice(b"\r\n");
                length = "HD\r\n".len();
            }
            Workload::GetMany(_) => {
                request.extend_from_slice(b"get");
                for key in workload.keys() {
                    request.push(b' ');
                    request.extend_from_slice(key.as_bytes());
                    length += format!("VALUE {key} 0 {bytes}\r\n\r\n").len() + bytes;
                }
                request.extend_from_slice(b"\r\n");
                length += "END\r\n".len();
            }
            Workload::SetMany(_) | Workload::Stream => {
                for key in workload.keys() {
                    request.extend_from_slice(format!("ms {key} {bytes} q\r\n").as_bytes());
                    request.extend_from_slice(&value);
                    request.extend_from_slice(b"\r\n");
                }
                request.extend_from_slice(b"mn\r\n");
                length = "MN\r\n".len();
            }
        }
        Self { request, length }
    }
}
