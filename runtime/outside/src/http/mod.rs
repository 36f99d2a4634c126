//! HTTP: one request, and its answer.

mod client;
mod fetch;
mod location;

pub use client::Client;
pub use fetch::{
    Fault, MAX_BODY, MAX_HEADERS, MAX_REDIRECTIONS, MayReach, Request, Response, TIMEOUT,
};
