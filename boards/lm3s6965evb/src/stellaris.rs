//! The Ethernet MAC of the Stellaris family.

use minimc_device::ethernet::Ethernet;
use minimc_device::mmio::Mmio;

/// The MAC's registers.
pub type Registers = Mmio<0x1000>;

// Registers, by the names of the data sheet.
/// Read it says what happened, written it forgets that.
const MACRIS: usize = 0x00;
const MACIM: usize = 0x04;
const MACRCTL: usize = 0x08;
const MACTCTL: usize = 0x0c;
const MACDATA: usize = 0x10;
const MACIA0: usize = 0x14;
const MACIA1: usize = 0x18;
const MACNP: usize = 0x34;
const MACTR: usize = 0x38;

const INTERRUPT_RECEIVED: u32 = 1;
/// Receive what is for us, what is for all, and nothing that came damaged.
const RECEIVE: u32 = 1 | 1 << 1 | 1 << 3;
const RECEIVE_RESET: u32 = 1 << 4;
/// Send in full duplex, padded to the shortest frame, with a check sequence.
const TRANSMIT: u32 = 1 | 1 << 1 | 1 << 2 | 1 << 4;
const TRANSMIT_NOW: u32 = 1;

/// The length that stands before a received frame counts itself and the check sequence too.
const RECEIVED_OVERHEAD: usize = 2 + 4;
/// The length that stands before a frame to send doesn't count the Ethernet header.
const HEADER: usize = 14;

/// The MAC, set up and running.
#[derive(Debug)]
pub struct Stellaris {
    registers: Registers,
    address: [u8; 6],
}

impl Stellaris {
    /// Starts the MAC with `address` as its own; it does not interrupt yet.
    #[must_use]
    pub fn new(registers: Registers, address: [u8; 6]) -> Self {
        registers.write(MACIM, 0);
        registers.write(MACRIS, u32::MAX);
        let [a, b, c, d, e, f] = address;
        registers.write(MACIA0, u32::from_le_bytes([a, b, c, d]));
        registers.write(MACIA1, u32::from_le_bytes([e, f, 0, 0]));
        registers.write(MACRCTL, RECEIVE_RESET);
        registers.write(MACTCTL, TRANSMIT);
        registers.write(MACRCTL, RECEIVE);
        Self { registers, address }
    }
}

impl Ethernet for Stellaris {
    fn has_frame(&self) -> bool {
        self.registers.read(MACNP) != 0
    }

    fn receive(&mut self, buffer: &mut [u8]) -> usize {
        // The first word holds the length and the first two bytes of the frame.
        let [low, high, first @ ..] = self.registers.read(MACDATA).to_le_bytes();
        let total = usize::from(u16::from_le_bytes([low, high]));
        let kept = total.saturating_sub(RECEIVED_OVERHEAD).min(buffer.len());
        let (start, rest) = buffer[..kept].split_at_mut(kept.min(first.len()));
        start.copy_from_slice(&first[..start.len()]);
        let mut places = rest.chunks_mut(4);
        // All of the frame must leave the MAC, the check sequence too.
        for _ in 1..total.div_ceil(4) {
            let word = self.registers.read(MACDATA).to_le_bytes();
            if let Some(place) = places.next() {
                place.copy_from_slice(&word[..place.len()]);
            }
        }
        kept
    }

    fn has_room(&mut self) -> bool {
        self.registers.read(MACTR) & TRANSMIT_NOW == 0
    }

    fn send(&mut self, frame: &[u8]) {
        let Some((&[first, second], rest)) = frame.split_first_chunk() else {
            return;
        };
        let [low, high] = (frame.len().saturating_sub(HEADER) as u16).to_le_bytes();
        self.registers
            .write(MACDATA, u32::from_le_bytes([low, high, first, second]));
        for bytes in rest.chunks(4) {
            let mut word = [0; 4];
            word[..bytes.len()].copy_from_slice(bytes);
            self.registers.write(MACDATA, u32::from_le_bytes(word));
        }
        self.registers.write(MACTR, TRANSMIT_NOW);
    }

    fn unmask(&mut self) {
        self.registers.write(MACRIS, u32::MAX);
        self.registers.write(MACIM, INTERRUPT_RECEIVED);
    }

    fn address(&self) -> [u8; 6] {
        self.address
    }
}

/// Silences the MAC until it is unmasked again: what its interrupt handler does.
pub fn mask(registers: Registers) {
    registers.write(MACIM, 0);
}
