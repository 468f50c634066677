//! The socket: every call polls the stack until it can answer.

use core::net::Ipv4Addr;

use embassy_net_driver::{Driver, HardwareAddress};
use embedded_io::{ErrorKind, ErrorType, Read, Write};
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::socket::tcp;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, IpCidr};

use crate::device::Device;

/// How long a call waits for the other side.
const PATIENCE: Duration = Duration::from_secs(5);

/// The local port of the only connection.
const LOCAL_PORT: u16 = 49_152;

/// Where the device and its server are.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// The device's own address, and how many of its bits are the network's.
    pub address: (Ipv4Addr, u8),
    /// The address and port to connect to.
    pub server: (Ipv4Addr, u16),
}

/// What waiting needs of the processor.
#[derive(Clone, Copy, Debug)]
pub struct Processor {
    /// The time since some start, in microseconds.
    pub now: fn() -> u64,
    /// Sleeps until the next interrupt, which must come within a few milliseconds: it may be that
    /// a frame's own has just passed.
    pub sleep: fn(),
}

/// The memory of a socket; its buffers are the window, 1 to 8 KiB each.
#[derive(Debug)]
pub struct Resources<const SIZE: usize> {
    storage: [SocketStorage<'static>; 1],
    receive: [u8; SIZE],
    send: [u8; SIZE],
}

impl<const SIZE: usize> Resources<SIZE> {
    /// Memory that no socket uses yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            storage: [SocketStorage::EMPTY],
            receive: [0; SIZE],
            send: [0; SIZE],
        }
    }
}

impl<const SIZE: usize> Default for Resources<SIZE> {
    fn default() -> Self {
        Self::new()
    }
}

/// A TCP connection, with a stack and a driver all to itself.
pub struct Socket<D: Driver> {
    device: Device<D>,
    interface: Interface,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
    processor: Processor,
}

impl<D: Driver> Socket<D> {
    /// Connects to the network's server, and waits until that has answered.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ConnectionRefused`], or [`ErrorKind::TimedOut`] when nobody answers.
    pub fn connect<const SIZE: usize>(
        driver: D,
        network: Network,
        processor: Processor,
        resources: &'static mut Resources<SIZE>,
    ) -> Result<Self, ErrorKind> {
        let HardwareAddress::Ethernet(hardware) = driver.hardware_address() else {
            return Err(ErrorKind::Unsupported);
        };
        let hardware = EthernetAddress(hardware);
        let mut device = Device(driver);
        let mut interface =
            Interface::new(Config::new(hardware.into()), &mut device, now(processor));
        interface.update_ip_addrs(|addresses| {
            let (address, prefix) = network.address;
            // It has room for more than one and holds none.
            let _ = addresses.push(IpCidr::new(address.into(), prefix));
        });

        let receive = tcp::SocketBuffer::new(&mut resources.receive[..]);
        let send = tcp::SocketBuffer::new(&mut resources.send[..]);
        let mut socket = tcp::Socket::new(receive, send);
        socket.set_nagle_enabled(false);
        socket
            .connect(interface.context(), network.server, LOCAL_PORT)
            .map_err(|_| ErrorKind::AddrNotAvailable)?;
        let mut sockets = SocketSet::new(&mut resources.storage[..]);
        let handle = sockets.add(socket);

        let mut this = Self {
            device,
            interface,
            sockets,
            handle,
            processor,
        };
        this.wait(|socket| match socket.state() {
            tcp::State::SynSent => None,
            tcp::State::Closed => Some(Err(ErrorKind::ConnectionRefused)),
            _ => Some(Ok(())),
        })?;
        Ok(this)
    }

    /// Polls the stack until `ready` has an answer.
    fn wait<R>(
        &mut self,
        mut ready: impl FnMut(&mut tcp::Socket<'static>) -> Option<Result<R, ErrorKind>>,
    ) -> Result<R, ErrorKind> {
        let deadline = now(self.processor) + PATIENCE;
        loop {
            let now = self.poll();
            if let Some(answer) = ready(self.sockets.get_mut(self.handle)) {
                return answer;
            }
            if now > deadline {
                return Err(ErrorKind::TimedOut);
            }
            (self.processor.sleep)();
        }
    }

    /// Lets the stack take what came and send what it has.
    fn poll(&mut self) -> Instant {
        let now = now(self.processor);
        self.interface
            .poll(now, &mut self.device, &mut self.sockets);
        now
    }
}

fn now(processor: Processor) -> Instant {
    Instant::from_micros((processor.now)().cast_signed())
}

impl<D: Driver> ErrorType for Socket<D> {
    type Error = ErrorKind;
}

impl<D: Driver> Read for Socket<D> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.wait(|socket| match socket.recv_slice(buffer) {
            Ok(0) => None,
            Ok(length) => Some(Ok(length)),
            Err(tcp::RecvError::Finished) => Some(Ok(0)),
            Err(tcp::RecvError::InvalidState) => Some(Err(ErrorKind::ConnectionReset)),
        })
    }
}

impl<D: Driver> Write for Socket<D> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        if bytes.is_empty() {
            return Ok(0);
        }
        self.wait(|socket| match socket.send_slice(bytes) {
            Ok(0) => None,
            Ok(length) => Some(Ok(length)),
            Err(tcp::SendError::InvalidState) => Some(Err(ErrorKind::ConnectionReset)),
        })
    }

    /// Hands what was written to the chip. It does not wait for the other side to confirm it: what
    /// follows is a read, and that does.
    fn flush(&mut self) -> Result<(), ErrorKind> {
        self.poll();
        Ok(())
    }
}
