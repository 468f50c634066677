//! How the words of a request stand to those that our commands write for the same.

use crate::part::Part;

/// How the words of a request stand to those that our commands write for the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    /// They are the same.
    Ours,
    /// The same flags, in another order.
    Other,
    /// There are some that say what is so without them.
    Redundant,
}

/// An initial value that is not to be used says nothing.
pub(crate) fn of_packet(part: &Part<'_>) -> Order {
    let is_count = matches!(part.line[1], 0x05 | 0x06);
    match part.bytes.get(32..44) {
        Some([value @ .., 0xFF, 0xFF, 0xFF, 0xFF]) if is_count && value != [0; 8] => {
            Order::Redundant
        }
        _ => Order::Ours,
    }
}

pub(crate) fn of_line(words: &[&[u8]]) -> Order {
    let ours: &[u8] = match words {
        [b"append" | b"prepend", _, flags, expiry, ..] if *flags != b"0" || *expiry != b"0" => {
            return Order::Redundant;
        }
        [b"mg", ..] => b"vfcT",
        [b"ms", ..] => b"FTMC",
        [b"ma", ..] => b"vMDNJ",
        [b"md", ..] => b"C",
        _ => return Order::Ours,
    };
    let skip = if words[0] == b"ms" { 3 } else { 2 };
    let flags: Vec<&[u8]> = words
        .iter()
        .skip(skip)
        .copied()
        .filter(|flag| flag[0] != b'O')
        .collect();
    let defaults: [&[u8]; 6] = [b"F0", b"T0", b"MS", b"MI", b"M+", b"D1"];
    let renamed: &[u8] = b"M-";
    let touches = words[0] == b"mg";
    if flags
        .iter()
        .any(|flag| !touches && defaults.contains(flag) || *flag == renamed)
    {
        return Order::Redundant;
    }
    if words[0] == b"ms"
        && flags.iter().any(|flag| matches!(*flag, b"MA" | b"MP"))
        && flags.len() > 1
    {
        return Order::Redundant;
    }
    let places: Option<Vec<usize>> = flags
        .iter()
        .map(|flag| ours.iter().position(|letter| *letter == flag[0]))
        .collect();
    match places {
        Some(places) if places.is_sorted() => Order::Ours,
        Some(_) => Order::Other,
        None => Order::Redundant,
    }
}
