//! Any Ethernet chip as a driver for embassy-net.

use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::AtomicWaker;
use static_cell::ConstStaticCell;

use crate::ethernet::{Ethernet, FRAME};

/// Memory for a frame each way.
#[derive(Debug)]
struct Frames {
    received: [u8; FRAME],
    sending: [u8; FRAME],
}

/// Who waits for a frame: a board has one Ethernet chip.
static WAKER: AtomicWaker = AtomicWaker::new();

/// In memory of its own, so that a [`Nic`] is small and cheap to hand over.
static FRAMES: ConstStaticCell<Frames> = ConstStaticCell::new(Frames {
    received: [0; FRAME],
    sending: [0; FRAME],
});

/// Wakes who waits for a frame; what an interrupt handler calls once the chip is silent.
pub fn wake() {
    WAKER.wake();
}

/// An Ethernet chip with memory for a frame each way.
#[derive(Debug)]
pub struct Nic<E> {
    chip: E,
    frames: &'static mut Frames,
}

impl<E: Ethernet> Nic<E> {
    /// A driver of `chip`, whose interrupt handler is to call [`wake`].
    ///
    /// # Panics
    ///
    /// When it is called twice.
    #[must_use]
    pub fn new(chip: E) -> Self {
        Self {
            chip,
            frames: FRAMES.take(),
        }
    }

    /// Whether a frame waits; if none does, `cx` is woken when one comes.
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> bool {
        if self.chip.has_frame() {
            return true;
        }
        WAKER.register(cx.waker());
        self.chip.unmask();
        // One that came just before the unmasking interrupts nobody.
        self.chip.has_frame()
    }

    /// Whether there is room for a frame; if there is none, `cx` is to ask again.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> bool {
        let room = self.chip.has_room();
        if !room {
            // No chip here interrupts for it, and all send what they have within microseconds.
            cx.waker().wake_by_ref();
        }
        room
    }
}

impl<E: Ethernet> Driver for Nic<E> {
    type RxToken<'a>
        = Received<'a>
    where
        E: 'a;
    type TxToken<'a>
        = Sending<'a, E>
    where
        E: 'a;

    fn receive(&mut self, cx: &mut Context<'_>) -> Option<(Received<'_>, Sending<'_, E>)> {
        // A frame may be answered while it is read, so it waits until there is room for an answer.
        if !self.poll_frame(cx) || !self.poll_room(cx) {
            return None;
        }
        let Frames { received, sending } = &mut *self.frames;
        let length = self.chip.receive(received);
        let sending = Sending {
            chip: &mut self.chip,
            buffer: sending,
        };
        Some((
            Received {
                frame: &mut received[..length],
            },
            sending,
        ))
    }

    fn transmit(&mut self, cx: &mut Context<'_>) -> Option<Sending<'_, E>> {
        if !self.poll_room(cx) {
            return None;
        }
        Some(Sending {
            chip: &mut self.chip,
            buffer: &mut self.frames.sending,
        })
    }

    fn link_state(&mut self, _cx: &mut Context<'_>) -> LinkState {
        // No chip here is asked about its cable: on one that is unplugged, calls run into their
        // deadlines.
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        // No burst size, on purpose: with 1 the TCP window would be clamped to a single segment,
        // and every segment would wait for a delayed acknowledgement.
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = FRAME;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.chip.address())
    }
}

/// A frame that came.
#[derive(Debug)]
pub struct Received<'a> {
    frame: &'a mut [u8],
}

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, read: F) -> R {
        read(self.frame)
    }
}

/// Room for a frame to send.
#[derive(Debug)]
pub struct Sending<'a, E> {
    chip: &'a mut E,
    buffer: &'a mut [u8; FRAME],
}

impl<E: Ethernet> TxToken for Sending<'_, E> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let frame = &mut self.buffer[..length];
        let result = write(frame);
        self.chip.send(frame);
        result
    }
}
