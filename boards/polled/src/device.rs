//! Any driver for embassy-net as smoltcp's device.

use core::task::{Context, Waker};

use embassy_net_driver::{Driver, RxToken, TxToken};
use smoltcp::phy::{self, DeviceCapabilities, Medium};
use smoltcp::time::Instant;

/// A driver that is asked again and again, so it need not wake anybody.
pub(crate) struct Device<D>(pub(crate) D);

impl<D: Driver> phy::Device for Device<D> {
    type RxToken<'a>
        = Token<D::RxToken<'a>>
    where
        D: 'a;
    type TxToken<'a>
        = Token<D::TxToken<'a>>
    where
        D: 'a;

    fn receive(&mut self, _now: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let (received, sending) = self.0.receive(&mut Context::from_waker(Waker::noop()))?;
        Some((Token(received), Token(sending)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Self::TxToken<'_>> {
        let sending = self.0.transmit(&mut Context::from_waker(Waker::noop()))?;
        Some(Token(sending))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let driver = self.0.capabilities();
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = driver.max_transmission_unit;
        capabilities.max_burst_size = driver.max_burst_size;
        capabilities
    }
}

/// A frame that came, or room for one to send.
pub(crate) struct Token<T>(T);

impl<T: RxToken> phy::RxToken for Token<T> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        self.0.consume(|frame| read(frame))
    }
}

impl<T: TxToken> phy::TxToken for Token<T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        self.0.consume(length, write)
    }
}
