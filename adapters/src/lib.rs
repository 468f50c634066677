//! A memcached client that is the same program on a microcontroller and on a server.
#![no_std]
