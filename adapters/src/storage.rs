//! Storage on hosts: grows to a limit, and shrinks again.

use alloc::vec;
use alloc::vec::Vec;

use minimc_core::Storage;

use crate::options::Options;

/// Storage that grows to the largest reply, up to a limit, and shrinks when 64 calls in a row
/// needed no more than a quarter of it.
#[derive(Debug)]
pub struct Growing {
    bytes: Vec<u8>,
    least: usize,
    most: usize,
    small: u8,
}

impl Growing {
    /// Storage of `least` bytes that grows to at most `most`.
    pub fn new(least: usize, most: usize) -> Self {
        Self {
            bytes: vec![0; least],
            least,
            most: most.max(least),
            small: 0,
        }
    }

    /// A client's storage for sending and for receiving. Larger values are sent from where they
    /// are; replies of up to the item limit, with their head, are received whole.
    pub(crate) fn pair(options: &Options) -> (Self, Self) {
        // The most that is ever queued; and the largest first read that is steady.
        let (sending, receiving) = (17 * 1024, 64 * 1024);
        let limit = options.item_limit as usize + 2 * 1024;
        (Self::new(sending, sending), Self::new(receiving, limit))
    }
}

impl Storage for Growing {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn grow(&mut self, size: usize) -> bool {
        if size > self.most {
            return false;
        }
        if size > self.bytes.len() {
            self.bytes.resize(size, 0);
        }
        true
    }

    fn rest(&mut self, used: usize) {
        if self.bytes.len() <= self.least {
            return;
        }
        if used > self.bytes.len() / 4 {
            self.small = 0;
        } else if self.small < 64 {
            self.small += 1;
        } else {
            self.bytes = vec![0; self.least];
            self.small = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_its_limit_and_shrinks_when_calls_are_small() {
        let mut storage = Growing::new(100, 1000);
        storage.bytes_mut()[99] = 7;
        assert!(storage.grow(1000));
        assert_eq!((storage.bytes().len(), storage.bytes()[99]), (1000, 7));
        assert!(!storage.grow(1001));
        for _ in 0..64 {
            storage.rest(250);
            assert_eq!(storage.bytes().len(), 1000);
        }
        storage.rest(251);
        for _ in 0..64 {
            storage.rest(0);
            assert_eq!(storage.bytes().len(), 1000);
        }
        storage.rest(0);
        assert_eq!(storage.bytes().len(), 100);
    }
}
