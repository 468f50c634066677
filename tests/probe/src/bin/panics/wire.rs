//! What requests are written with, and what replies look like.

use minimc_core::wire::{Encoder, Frame};
use minimc_probe::{any, bytes, entries, sink, some};

entries! {
    "Encoder::protocol" => encoder().protocol();
    "Encoder::unsupported" => encoder().unsupported("nothing");
    "Encoder::lacks" => encoder().lacks(*some());
    "Encoder::knows" => encoder().knows(*some());
    "Encoder::needs" => encoder().needs(*some());
    "Encoder::line" => encoder().line(bytes(), *some());
    "Encoder::meta" => encoder().meta(*some(), *some());
    "Encoder::key" => encoder().key(*some());
    "Encoder::bytes" => encoder().bytes(bytes());
    "Encoder::number" => encoder().number(bytes(), any());
    "Encoder::expiry" => encoder().expiry(bytes(), *some());
    "Encoder::expiry_number" => encoder().expiry_number(*some());
    "Encoder::end" => encoder().end();
    "Encoder::value" => encoder().value(bytes());
    "Encoder::value_in_pieces" => encoder().value_in_pieces(any());
    "Encoder::refusal_removes" => encoder().refusal_removes();
    "Encoder::logs_in" => encoder().logs_in();
    "Encoder::packet" => encoder().packet(*some(), bytes(), *some(), any());
    "Encoder::packet_for_login" => encoder().packet_for_login(bytes(), any());
    "Encoder::packet_for_statistics" => encoder().packet_for_statistics(bytes());
    "Encoder::packet_with_value_in_pieces" => {
        encoder().packet_with_value_in_pieces(*some(), bytes(), *some(), any(), any())
    };
    "Encoder::packet_with_value" => {
        encoder().packet_with_value(*some(), bytes(), *some(), any(), bytes())
    };
    "Encoder::checked" => {
        sink(encoder().checked(some::<&[u8]>()));
        encoder().checked(some::<&str>())
    };
    "Encoder::quiet" => encoder().quiet();

    "Frame::status" => frame().status();
    "Frame::flags" => frame().flags();
    "Frame::cas" => frame().cas();
    "Frame::key" => frame().key();
    "Frame::data" => frame().data();
    "Frame::number" => frame().number();
    "Frame::unexpected" => frame().unexpected();
}

fn encoder() -> &'static mut Encoder<'static, 'static> {
    some()
}

fn frame() -> &'static Frame<'static> {
    some()
}
