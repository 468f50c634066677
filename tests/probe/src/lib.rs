//! Inputs that the optimiser cannot know, outputs that it cannot drop, and a panic handler that
//! cannot be linked.
//!
//! The images are never run. So a value need not come from anywhere: it is read, as if by a
//! device, from an address that nobody knows.

#![no_std]

use core::hint::black_box;
use core::panic::PanicInfo;

pub mod through;

/// Any number.
pub fn any<T: Number>() -> T {
    // SAFETY: every pattern of bits is a number. The image is never run.
    unsafe { core::ptr::read_volatile(0x4000_0000 as *const T) }
}

/// A type of which every pattern of bits is a value.
pub trait Number: Copy {}
impl Number for u8 {}
impl Number for u16 {}
impl Number for u32 {}
impl Number for u64 {}
impl Number for i64 {}
impl Number for usize {}

/// Yes or no.
pub fn either() -> bool {
    any::<u8>() & 1 == 1
}

/// Any value of a type: whatever its variants and its private fields may hold, and more.
pub fn some<'a, T>() -> &'a mut T {
    // SAFETY: the image is never run.
    unsafe { &mut *(any::<usize>() as *mut T) }
}

/// Any value of a type, by value.
#[inline(always)]
pub fn given<T>() -> T {
    // SAFETY: the image is never run.
    unsafe { core::ptr::read_volatile(any::<usize>() as *const T) }
}

/// Any bytes, of any length.
pub fn bytes() -> &'static mut [u8] {
    slice()
}

/// Any values, of any number.
pub fn slice<T>() -> &'static mut [T] {
    // SAFETY: the image is never run.
    unsafe { core::slice::from_raw_parts_mut(any::<usize>() as *mut T, any()) }
}

/// Any text.
pub fn text() -> &'static str {
    core::str::from_utf8(bytes()).unwrap_or_default()
}

/// Uses a value in a way that the optimiser cannot see.
pub fn sink<T>(value: T) {
    black_box(value);
}

/// Entry points: each under its name in the image's table of symbols, each with inputs of its own.
#[macro_export]
macro_rules! entries {
    ($($name:literal => $body:expr;)*) => {
        pub static ENTRIES: &[fn()] = &[$({
            #[unsafe(export_name = concat!("entry ", $name))]
            fn entry() {
                $crate::sink($body);
            }
            entry
        }),*];
    };
}

/// Entry points `Type: Trait`, each through the function in [`through`] that the trait gives its name.
#[macro_export]
macro_rules! traits {
    ($($name:literal $type:ty: $($trait:ident)*;)*) => {
        pub static ENTRIES: &[fn()] = &[$($({
            #[unsafe(export_name = concat!("entry ", $name, ": ", stringify!($trait)))]
            fn entry() {
                $crate::through::$trait::<$type>();
            }
            entry
        }),*),*];
    };
}

/// Calls all of them.
pub fn call(groups: &[&[fn()]]) {
    for group in black_box(groups) {
        for entry in *group {
            entry();
        }
    }
}

unsafe extern "C" {
    /// Nobody defines it: where a panic can happen, the image cannot be linked.
    fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: the image is never run.
    unsafe { a_panic_is_reachable() }
}
