//! The LAN9118 Ethernet chip.

use minimc_device::ethernet::{Ethernet, FRAME};
use minimc_device::mmio::Mmio;

/// The chip's registers.
pub type Registers = Mmio<0x100>;

// Registers, by the names of the data sheet.
const RX_DATA_FIFO: usize = 0x00;
const TX_DATA_FIFO: usize = 0x20;
const RX_STATUS_FIFO: usize = 0x40;
const TX_STATUS_FIFO: usize = 0x48;
const IRQ_CFG: usize = 0x54;
const INT_STS: usize = 0x58;
const INT_EN: usize = 0x5c;
const BYTE_TEST: usize = 0x64;
const FIFO_INT: usize = 0x68;
const RX_CFG: usize = 0x6c;
const TX_CFG: usize = 0x70;
const HW_CFG: usize = 0x74;
const RX_FIFO_INF: usize = 0x7c;
const TX_FIFO_INF: usize = 0x80;
const MAC_CSR_CMD: usize = 0xa4;
const MAC_CSR_DATA: usize = 0xa8;
const AFC_CFG: usize = 0xac;

// The MAC's own registers, behind MAC_CSR_CMD and MAC_CSR_DATA.
const MAC_CR: u32 = 1;
const ADDRH: u32 = 2;
const ADDRL: u32 = 3;

/// What BYTE_TEST reads when chip and bus agree on the order of bytes.
const BYTES_IN_ORDER: u32 = 0x8765_4321;
const SOFT_RESET: u32 = 1;
/// 5 KiB of the 16 hold frames to send; the data sheet wants the other bit set.
const TX_FIFO_5K: u32 = 1 << 20 | 5 << 16;
/// Flow control as the data sheet recommends it.
const FLOW_CONTROL: u32 = 0x006e_3740;
/// The interrupt line is on, active high and driven both ways. Reset leaves it active low, which
/// the interrupt controller would read as an interrupt that never ends.
const IRQ_ACTIVE_HIGH: u32 = 1 << 8 | 1 << 4 | 1;
/// An interrupt as soon as one frame has come, and none for frames that were sent.
const AT_FIRST_FRAME: u32 = 0xff00_0000;
const RX_STATUS_LEVEL: u32 = 1 << 3;
const TX_ON: u32 = 1 << 1;
const MAC_FULL_DUPLEX: u32 = 1 << 20;
const MAC_TX: u32 = 1 << 3;
const MAC_RX: u32 = 1 << 2;
const MAC_BUSY: u32 = 1 << 31;
const FIRST_SEGMENT: u32 = 1 << 13;
const LAST_SEGMENT: u32 = 1 << 12;

/// The check sequence that the chip leaves behind a received frame.
const FCS: usize = 4;
/// What a frame to send takes of the chip's memory: two command words, and its own in whole words.
const ROOM: usize = 8 + FRAME.next_multiple_of(4);

/// The chip, set up and running.
#[derive(Debug)]
pub struct Lan9118 {
    registers: Registers,
    address: [u8; 6],
}

impl Lan9118 {
    /// Resets the chip and starts it with `address` as its own; it does not interrupt yet.
    ///
    /// # Panics
    ///
    /// When it is no LAN9118 that answers.
    #[must_use]
    pub fn new(registers: Registers, address: [u8; 6]) -> Self {
        assert_eq!(
            registers.read(BYTE_TEST),
            BYTES_IN_ORDER,
            "no LAN9118 answers"
        );
        registers.write(HW_CFG, SOFT_RESET);
        while registers.read(HW_CFG) & SOFT_RESET != 0 {}

        registers.write(HW_CFG, TX_FIFO_5K);
        registers.write(AFC_CFG, FLOW_CONTROL);
        registers.write(INT_EN, 0);
        registers.write(INT_STS, u32::MAX);
        registers.write(FIFO_INT, AT_FIRST_FRAME);
        registers.write(IRQ_CFG, IRQ_ACTIVE_HIGH);

        let [a, b, c, d, e, f] = address;
        write_mac(registers, ADDRH, u32::from_le_bytes([e, f, 0, 0]));
        write_mac(registers, ADDRL, u32::from_le_bytes([a, b, c, d]));
        write_mac(registers, MAC_CR, MAC_FULL_DUPLEX | MAC_TX | MAC_RX);
        registers.write(RX_CFG, 0);
        registers.write(TX_CFG, TX_ON);
        Self { registers, address }
    }
}

impl Ethernet for Lan9118 {
    fn has_frame(&self) -> bool {
        self.registers.read(RX_FIFO_INF) >> 16 & 0xff != 0
    }

    fn receive(&mut self, buffer: &mut [u8]) -> usize {
        let length = (self.registers.read(RX_STATUS_FIFO) >> 16 & 0x3fff) as usize;
        let kept = length.saturating_sub(FCS).min(buffer.len());
        let mut places = buffer[..kept].chunks_mut(4);
        // All of the frame must leave the chip, the check sequence too.
        for _ in 0..length.div_ceil(4) {
            let word = self.registers.read(RX_DATA_FIFO).to_le_bytes();
            if let Some(place) = places.next() {
                place.copy_from_slice(&word[..place.len()]);
            }
        }
        kept
    }

    fn has_room(&mut self) -> bool {
        self.registers.read(TX_FIFO_INF) as usize & 0xffff >= ROOM
    }

    fn send(&mut self, frame: &[u8]) {
        let length = frame.len() as u32;
        self.registers
            .write(TX_DATA_FIFO, FIRST_SEGMENT | LAST_SEGMENT | length);
        self.registers.write(TX_DATA_FIFO, length);
        for bytes in frame.chunks(4) {
            let mut word = [0; 4];
            word[..bytes.len()].copy_from_slice(bytes);
            self.registers.write(TX_DATA_FIFO, u32::from_le_bytes(word));
        }
        // Nobody asks how sending went, but the chip stops when its statuses pile up.
        while self.registers.read(TX_FIFO_INF) >> 16 & 0xff != 0 {
            self.registers.read(TX_STATUS_FIFO);
        }
    }

    fn unmask(&mut self) {
        self.registers.write(INT_STS, u32::MAX);
        self.registers.write(INT_EN, RX_STATUS_LEVEL);
    }

    fn address(&self) -> [u8; 6] {
        self.address
    }
}

/// Silences the chip until it is unmasked again: what its interrupt handler does.
pub fn mask(registers: Registers) {
    registers.write(INT_EN, 0);
}

fn write_mac(registers: Registers, register: u32, value: u32) {
    registers.write(MAC_CSR_DATA, value);
    registers.write(MAC_CSR_CMD, MAC_BUSY | register);
    while registers.read(MAC_CSR_CMD) & MAC_BUSY != 0 {}
}
