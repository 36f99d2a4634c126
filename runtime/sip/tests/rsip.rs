//! A second opinion: what `rsip` reads of a message, where it can read it at all.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;

use bytes::Bytes;
use ringfence_sip::wire::{Request, Response};
use rsip::prelude::{HasHeaders, HeadersExt, UntypedHeader};

/// The torture messages that become rsip's and come back as they were. The others it cannot read, or
/// reads as something else: the conversion refuses.
const AGREED: [&str; 29] = [
    "badaspec",
    "badbranch",
    "baddate",
    "badinv01",
    "bcast",
    "bext01",
    "cparam01",
    "cparam02",
    "dblreq",
    "escnull",
    "insuf",
    "inv2543",
    "invut",
    "lwsdisp",
    "mismatch01",
    "mpart01",
    "multi01",
    "noreason",
    "novelsc",
    "quotbal",
    "regaut01",
    "regbadct",
    "regescrt",
    "scalarlg",
    "sdp01",
    "transports",
    "unksm2",
    "unreason",
    "zeromf",
];

fn corpus() -> Vec<(String, Bytes)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/sip/rfc4475");
    let mut found: Vec<(String, Bytes)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap().into())
        })
        .collect();
    found.sort();
    found
}

fn headers<'a>(
    headers: impl Iterator<Item = (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)>,
) -> Vec<(String, String)> {
    headers.map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned())).collect()
}

#[test]
fn both_read_the_same_where_both_read() {
    let mut agreed = Vec::new();
    for (name, bytes) in corpus() {
        if let Ok(request) = Request::parse(bytes.clone()) {
            let Ok(theirs) = rsip::Request::try_from(&request) else { continue };
            assert_eq!(theirs.method.to_string(), request.method(), "{name}");
            assert_eq!(theirs.uri.to_string(), request.uri().to_string(), "{name}");
            if let Ok(call_id) = theirs.call_id_header() {
                assert_eq!(call_id.value(), request.call_id(), "{name}");
            }
            let back = Request::try_from(&theirs).unwrap();
            assert_eq!(headers(back.headers()), headers(request.headers()), "{name}");
            assert_eq!(back.body(), request.body(), "{name}");
            agreed.push(name);
        } else if let Ok(response) = Response::parse(bytes) {
            let Ok(theirs) = rsip::Response::try_from(&response) else { continue };
            assert_eq!(theirs.status_code.code(), response.status(), "{name}");
            assert_eq!(theirs.headers().iter().count(), response.headers().count(), "{name}");
            let back = Response::try_from(&theirs).unwrap();
            assert_eq!(headers(back.headers()), headers(response.headers()), "{name}");
            agreed.push(name);
        }
    }
    assert_eq!(agreed, AGREED);
}
