//! What a client sends to the event socket: the same requests must come of it however the bytes are
//! cut, within the limits, and what is not a request must not hold more than the limits allow.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_control::parser::{Fault, Limits, Parser, Request};

const LIMITS: Limits = Limits { command: 512, headers: 8, body: 64 };

// The first byte says into how long pieces the rest is cut.
fuzz_target!(|data: &[u8]| {
    let Some((size, bytes)) = data.split_first() else { return };
    let whole = read(bytes.chunks(bytes.len().max(1)));
    let pieces = read(bytes.chunks(usize::from(*size).max(1)));
    assert_eq!(whole.0, pieces.0, "requests");
    assert_eq!(whole.1, pieces.1, "the fault");
    for request in &whole.0 {
        assert!(request.headers.len() <= LIMITS.headers);
        assert!(request.line.len() <= 4 * LIMITS.command);
        assert!(request.body.as_ref().is_none_or(|body| body.len() <= 4 * LIMITS.body));
    }
});

fn read<'b>(pieces: impl Iterator<Item = &'b [u8]>) -> (Vec<Request>, Option<Fault>) {
    let mut parser = Parser::new(LIMITS);
    let mut requests = Vec::new();
    for piece in pieces {
        parser.feed(piece);
        loop {
            match parser.request() {
                Ok(Some(request)) => requests.push(request),
                Ok(None) => break,
                Err(fault) => return (requests, Some(fault)),
            }
        }
    }
    (requests, None)
}
