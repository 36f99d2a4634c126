//! `freeswitch.DTMF`, and two classes that FreeSWITCH's wrapper has by accident.

use crate::function::{
    Class,
    Kind::{Char, Unsigned},
    field, may, need, row,
};

/// A key.
pub(crate) const DTMF: Class = Class {
    name: "DTMF",
    c_type: "DTMF *",
    constructor: Some(row(
        &["DTMF"],
        "DTMF::DTMF",
        &[need("digit", Char), may("duration", Unsigned, "2000")],
        "freeswitch.DTMF",
        "A key and how long it was pressed, in samples.",
    )),
    methods: &[],
    fields: &[
        field("digit", "string", "`0`-`9`, `*`, `#`, `A`-`D`."),
        field("duration", "integer", "In samples of 1/8000 s."),
    ],
    summary: "A key, as input callbacks get it.",
};

/// What C keeps for callbacks.
pub(crate) const INPUT_CALLBACK_STATE: Class = Class {
    name: "input_callback_state_t",
    c_type: "input_callback_state_t *",
    constructor: Some(row(
        &["input_callback_state_t"],
        "input_callback_state_t::input_callback_state_t",
        &[],
        "freeswitch.input_callback_state_t",
        "An object that nothing takes.",
    )),
    methods: &[],
    fields: &[],
    summary: "What FreeSWITCH's C keeps for callbacks; of no use to scripts.",
};

/// A string of C++.
pub(crate) const STRING: Class = Class {
    name: "string",
    c_type: "std::string *",
    constructor: None,
    methods: &[],
    fields: &[],
    summary: "A string of C++, which scripts cannot make.",
};
