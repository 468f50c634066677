//! How methods are declared once for both colours.

/// Hands the async and the blocking client to the macro `$methods`, which implements methods for one.
///
/// It gets, in this order: the module of the client; `async` or nothing; `.await` or nothing; the
/// trait of functions that it calls once, and a name for the future of one that it calls often, or
/// nothing; and for [`example!`] how one is opened and what stands behind a call.
// Not `AsyncFnMut`: with it the future of a function that borrows is not `Send` in the eyes of the
// compiler.
macro_rules! both_colours {
    ($methods:ident) => {
        $methods!(
            client, [async], [.await], [AsyncFnOnce, W],
            "async fn example<T: minimc::Transport, S: minimc::Storage>(client: &mut minimc::Client<T, S>) -> Result<(), minimc::Error> {",
            ".await"
        );
        $methods!(
            blocking, [], [], [FnOnce],
            "fn example<T: minimc::Transport, S: minimc::Storage>(client: &mut minimc::blocking::Client<T, S>) -> Result<(), minimc::Error> {",
            ""
        );
    };
}

/// An example in a method's documentation.
macro_rules! example {
    ($open:literal, $($code:expr),+) => {
        concat!(
            "\n```\n# use minimc::{ErrorKind, Expiry, TransferError, command::*, recipes::*};\n# ",
            $open,
            "\n",
            $($code,)+
            "\n# Ok(())\n# }\n```"
        )
    };
}
