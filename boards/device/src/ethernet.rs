//! What an Ethernet chip does: frames in, frames out.

/// The longest frame: 1,500 bytes and a header, without the check sequence.
pub const FRAME: usize = 1514;

/// An Ethernet chip that hands over one frame at a time.
///
/// It knows no executor and no network stack: [`Nic`](crate::nic::Nic) makes it a driver for
/// embassy-net, and a program without an executor polls it.
pub trait Ethernet {
    /// Whether a received frame waits.
    fn has_frame(&self) -> bool;

    /// Takes the oldest received frame into `buffer` and returns its length; what does not fit is
    /// cut. To be called when [`has_frame`](Self::has_frame) says so.
    fn receive(&mut self, buffer: &mut [u8]) -> usize;

    /// Whether one more frame, however long, can be sent.
    fn has_room(&mut self) -> bool;

    /// Sends one frame. To be called when [`has_room`](Self::has_room) says so.
    fn send(&mut self, frame: &[u8]);

    /// Lets the chip interrupt when the next frame comes.
    ///
    /// A frame that came before need not interrupt: ask [`has_frame`](Self::has_frame) once more
    /// after this.
    fn unmask(&mut self);

    /// The chip's own address.
    fn address(&self) -> [u8; 6];
}
