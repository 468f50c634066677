//! The network that the device finds, QEMU's, and the memory that the device gives to it.
#![no_std]

use embassy_net::driver::Driver;
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use minimc::embassy::Socket;
use static_cell::{ConstStaticCell, StaticCell};

/// Where memcached is, as seen by the device.
pub const SERVER: (Ipv4Address, u16) = (Ipv4Address::new(10, 0, 2, 100), 11211);

/// The device's own address, and how many of its bits are the network's.
pub const DEVICE: (Ipv4Address, u8) = (Ipv4Address::new(10, 0, 2, 15), 24);

/// The TCP window. It is well under what any board's chip can hold of frames that wait, so none is
/// ever dropped.
const WINDOW: usize = 2048;

/// Starts the network on the device's Ethernet.
///
/// # Panics
///
/// When it is called twice: its memory is static.
pub fn start<N: Driver>(nic: N) -> (Stack<'static>, Runner<'static, N>) {
    static RESOURCES: StaticCell<StackResources<1>> = StaticCell::new();
    start_with(nic, RESOURCES.init(StackResources::new()))
}

/// The same for as many sockets as `resources` are for.
pub fn start_with<N: Driver, const SOCKETS: usize>(
    nic: N,
    resources: &'static mut StackResources<SOCKETS>,
) -> (Stack<'static>, Runner<'static, N>) {
    let (address, prefix) = DEVICE;
    let config = Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(address, prefix),
        gateway: None,
        dns_servers: Default::default(),
    });
    // The seed makes local ports hard to guess; here nobody tries.
    let seed = 0;
    embassy_net::new(nic, config, resources, seed)
}

/// A socket for the server; it connects when a client first needs it.
///
/// # Panics
///
/// When it is called twice: its memory is static.
#[must_use]
pub fn socket(stack: Stack<'static>) -> Socket<'static> {
    static WINDOWS: ConstStaticCell<[[u8; WINDOW]; 2]> = ConstStaticCell::new([[0; WINDOW]; 2]);
    let [receive, send] = WINDOWS.take();
    Socket::new(stack, receive, send, SERVER)
}
