//! What wit-bindgen makes of `wit/call.wit`.

#![allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, reason = "generated")]

wit_bindgen::generate!({
    path: "../wit",
    world: "interpreter",
    pub_export_macro: true,
});
