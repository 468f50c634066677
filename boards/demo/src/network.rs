//! The network that the device finds, QEMU's, and the memory that the device gives to it.

use embassy_net::driver::Driver;
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use minimc::Error;
use minimc::embassy::{Client, Socket};
use static_cell::{ConstStaticCell, StaticCell};

/// Where memcached is, as seen by the device.
const SERVER: (Ipv4Address, u16) = (Ipv4Address::new(10, 0, 2, 100), 11211);

/// The device's own address.
const DEVICE: Ipv4Cidr = Ipv4Cidr::new(Ipv4Address::new(10, 0, 2, 15), 24);

/// The TCP window. It is well under what any board's chip can hold of frames that wait, so none is
/// ever dropped.
const WINDOW: usize = 2048;

/// What the device can hold of a reply: a piece of the image is never longer.
const RECEIVE: usize = 512;

/// What the device can hold of requests. A value that is longer is sent from where it is.
const SEND: usize = 512;

/// Starts the network on the device's Ethernet.
pub(crate) fn start<N: Driver>(nic: N) -> (Stack<'static>, Runner<'static, N>) {
    static RESOURCES: StaticCell<StackResources<1>> = StaticCell::new();
    let config = Config::ipv4_static(StaticConfigV4 {
        address: DEVICE,
        gateway: None,
        dns_servers: Default::default(),
    });
    // The seed makes local ports hard to guess; here nobody tries.
    let seed = 0;
    embassy_net::new(nic, config, RESOURCES.init(StackResources::new()), seed)
}

/// A client for the server; it connects with its first call.
pub(crate) fn client(stack: Stack<'static>) -> Result<Client<'static>, Error> {
    static WINDOWS: ConstStaticCell<[[u8; WINDOW]; 2]> = ConstStaticCell::new([[0; WINDOW]; 2]);
    static SENDING: ConstStaticCell<[u8; SEND]> = ConstStaticCell::new([0; SEND]);
    static RECEIVING: ConstStaticCell<[u8; RECEIVE]> = ConstStaticCell::new([0; RECEIVE]);
    let [receive, send] = WINDOWS.take();
    let socket = Socket::new(stack, receive, send, SERVER);
    Client::new(socket, SENDING.take(), RECEIVING.take())
}
