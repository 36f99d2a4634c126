//! `freeswitch.Stream`: what a command answers.

use crate::function::{
    Class,
    Kind::{Bytes, ConstText, Int, Pointer},
    may, need, row,
};

/// Output.
pub(crate) const STREAM: Class = Class {
    name: "Stream",
    c_type: "Stream *",
    constructor: Some(
        row(
            &["Stream"],
            "Stream::Stream",
            &[may("handle", Pointer, "nil")],
            "freeswitch.Stream",
            "A buffer of its own; the global `stream` is what the API command `lua` answers.",
        )
        .forms(
            "new_Stream",
            0,
            &["Stream::Stream()", "Stream::Stream(switch_stream_handle_t *)"],
        ),
    ),
    methods: &[
        row(&["write"], "Stream::write", &[need("text", ConstText)], "", "Appends a text."),
        row(
            &["raw_write"],
            "Stream::raw_write",
            &[need("bytes", Bytes), need("length", Int)],
            "",
            "Appends so many bytes.",
        ),
        row(&["get_data"], "Stream::get_data", &[], "string?", "What was written."),
        row(
            &["read"],
            "Stream::read",
            &[],
            "string?, integer",
            "What was posted with the request and its length: nothing is, nil and 0.",
        )
        .differs("FreeSWITCH crashes without a request."),
    ],
    fields: &[],
    summary: "Output of a command.",
};
