//! The memory that driver and card share, as `virtio-drivers` asks for it: a few pages, handed out
//! once.

use core::cell::UnsafeCell;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// Two queues of two pages each.
const PAGES: usize = 4;

#[repr(C, align(4096))]
struct Pool(UnsafeCell<[[u8; PAGE_SIZE]; PAGES]>);

// SAFETY: `Identity` hands out each page once, and touches none itself.
unsafe impl Sync for Pool {}

static POOL: Pool = Pool(UnsafeCell::new([[0; PAGE_SIZE]; PAGES]));
static HANDED_OUT: AtomicUsize = AtomicUsize::new(0);

/// A machine where the card sees memory at the addresses that the processor uses.
pub(crate) struct Identity;

// SAFETY: the pages are zeroed, aligned, and handed out once; addresses are the same on both sides.
unsafe impl Hal for Identity {
    fn dma_alloc(pages: usize, _direction: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let first = HANDED_OUT.fetch_add(pages, Ordering::Relaxed);
        assert!(
            first + pages <= PAGES,
            "the card asks for more memory than is kept for it"
        );
        let address = POOL.0.get().cast::<u8>().wrapping_add(first * PAGE_SIZE);
        (
            address as PhysAddr,
            NonNull::new(address).expect("the pool has an address"),
        )
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _pages: usize) -> i32 {
        // The card is never given up, and neither is its memory.
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, _size: usize) -> NonNull<u8> {
        NonNull::new(address as *mut u8).expect("a device has an address")
    }

    unsafe fn share(buffer: NonNull<[u8]>, _direction: BufferDirection) -> PhysAddr {
        buffer.as_ptr().cast::<u8>() as PhysAddr
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}
