//! Each trait's functions, called on any value; named as the traits are.

#![allow(non_snake_case, reason = "named as the traits are")]

use core::fmt::{self, Formatter};
use core::hash::Hasher;

use crate::{any, sink, some};

pub fn AsRef<T: core::convert::AsRef<[u8]> + 'static>() {
    sink(some::<T>().as_ref());
}

pub fn Clone<T: core::clone::Clone>() {
    sink(some::<T>().clone());
}

pub fn Debug<T: fmt::Debug>() {
    sink(some::<T>().fmt(some::<Formatter<'_>>()));
}

pub fn Default<T: core::default::Default>() {
    sink(T::default());
}

pub fn Display<T: fmt::Display>() {
    sink(some::<T>().fmt(some::<Formatter<'_>>()));
}

pub fn Hash<T: core::hash::Hash>() {
    some::<T>().hash(&mut Anything);
}

pub fn Ord<T: core::cmp::Ord>() {
    sink(some::<T>().cmp(some()));
}

pub fn PartialEq<T: core::cmp::PartialEq>() {
    sink(*some::<T>() == *some());
}

pub fn PartialOrd<T: core::cmp::PartialOrd>() {
    sink(some::<T>().partial_cmp(some()));
}

/// A hash function with any result.
struct Anything;

impl Hasher for Anything {
    fn write(&mut self, bytes: &[u8]) {
        sink(bytes);
    }

    fn finish(&self) -> u64 {
        any()
    }
}
