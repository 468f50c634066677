//! The machine's network card, by virtio in the first of its memory-mapped slots.

use core::ptr::NonNull;

use minimc_device::ethernet::{Ethernet, FRAME};
use minimc_device::mmio::Mmio;
use static_cell::ConstStaticCell;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};

use crate::dma::Identity;

/// The interrupt line of the slot.
pub(crate) const IRQ: usize = 1;

const SLOT: usize = 0x1000_1000;
const SLOT_SIZE: usize = 0x1000;

// SAFETY: the machine has its first virtio slot there; the two registers below are only read and
// acknowledged, which the driver never does.
const REGISTERS: Mmio<SLOT_SIZE> = unsafe { Mmio::new(SLOT) };
const INTERRUPT_STATUS: usize = 0x60;
const INTERRUPT_ACK: usize = 0x64;

/// How many frames the card can hold for us, and a queue's length: a power of two.
const QUEUE: usize = 4;
/// A frame behind virtio's header, which has 12 bytes.
type Buffer = [u8; 12 + FRAME];

static RECEIVED: ConstStaticCell<[Buffer; QUEUE]> = ConstStaticCell::new([[0; 12 + FRAME]; QUEUE]);
static SENDING: ConstStaticCell<Buffer> = ConstStaticCell::new([0; 12 + FRAME]);

/// The card, set up and running.
pub struct Virtio {
    card: VirtIONetRaw<Identity, MmioTransport<'static>, QUEUE>,
    /// Lent to the card, each under the token that is its index.
    received: &'static mut [Buffer; QUEUE],
    sending: &'static mut Buffer,
    /// How much of `sending` is lent to the card.
    in_flight: Option<usize>,
}

impl Virtio {
    /// Sets up the card, which may interrupt from now on.
    ///
    /// # Panics
    ///
    /// When it is called twice, or the slot holds no network card.
    pub(crate) fn new() -> Self {
        let received = RECEIVED.take();
        let sending = SENDING.take();
        let slot = NonNull::new(SLOT as *mut VirtIOHeader).expect("the slot has an address");
        // SAFETY: the machine has its first virtio slot there, and the cells above were taken, so
        // this is the only driver of it.
        let transport = unsafe { MmioTransport::new(slot, SLOT_SIZE) }.expect("a virtio device");
        let card = VirtIONetRaw::new(transport).expect("a network card");
        let mut this = Self {
            card,
            received,
            sending,
            in_flight: None,
        };
        for index in 0..QUEUE {
            this.lend(index);
        }
        this
    }

    /// Lends the card a buffer for a frame to come.
    fn lend(&mut self, index: usize) {
        // SAFETY: the buffer lives for ever, and is not touched until `receive` has it back.
        let token = unsafe { self.card.receive_begin(&mut self.received[index]) };
        // The queue has as many places as there are buffers, and the place that was freed last is
        // taken first, so each buffer keeps its own.
        assert_eq!(
            token.map(usize::from),
            Ok(index),
            "a receive buffer lost its place"
        );
    }

    /// Takes back the sent frame, if the card is done with it.
    fn reclaim(&mut self) {
        if let (Some(length), Some(token)) = (self.in_flight, self.card.poll_transmit()) {
            // SAFETY: only one frame is in flight, so the token is of this one.
            let sent = unsafe { self.card.transmit_complete(token, &self.sending[..length]) };
            sent.expect("the card returns what it was lent");
            self.in_flight = None;
        }
    }
}

impl Ethernet for Virtio {
    fn has_frame(&self) -> bool {
        self.card.poll_receive().is_some()
    }

    fn receive(&mut self, buffer: &mut [u8]) -> usize {
        let Some(token) = self.card.poll_receive() else {
            return 0;
        };
        let index = usize::from(token);
        let place = &mut self.received[index];
        // SAFETY: `lend` lent this very buffer under this token.
        let (header, length) = unsafe { self.card.receive_complete(token, place) }
            .expect("the card returns what it was lent");
        let kept = length.min(buffer.len());
        buffer[..kept].copy_from_slice(&place[header..header + kept]);
        self.lend(index);
        kept
    }

    fn has_room(&mut self) -> bool {
        self.reclaim();
        self.in_flight.is_none()
    }

    fn send(&mut self, frame: &[u8]) {
        let header = self
            .card
            .fill_buffer_header(&mut self.sending[..])
            .expect("it has room");
        let length = header + frame.len();
        self.sending[header..length].copy_from_slice(frame);
        // SAFETY: the buffer lives for ever, and is not touched until `reclaim` has it back.
        let token = unsafe { self.card.transmit_begin(&self.sending[..length]) };
        token.expect("nothing else is in flight");
        self.in_flight = Some(length);
    }

    fn unmask(&mut self) {
        // The card interrupts for every frame; its handler has nothing to mask.
    }

    fn address(&self) -> [u8; 6] {
        self.card.mac_address()
    }
}

/// Tells the card that its interrupt was noticed.
pub(crate) fn acknowledge() {
    REGISTERS.write(INTERRUPT_ACK, REGISTERS.read(INTERRUPT_STATUS));
}
