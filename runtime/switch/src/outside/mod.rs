//! What calls and scripts want from outside the server: commands, HTTP, mail; and who may.
//!
//! The doing is [`ringfence_outside`]'s. Here the permissions of whoever asks are looked at, where it
//! is done and not where it is asked for: in `system` as in `os.execute`, in `curl` as in
//! `socket.http`.
//!
//! * `shell`: commands (permission `shell`); the applications and commands `system`, `bgsystem`,
//!   `bg_system`.
//! * `http`: requests (permission `http`). `curl`: the application and command on it.
//! * `mail`: messages (permission `email`).

mod curl;
mod http;
mod mail;
mod shell;

pub use http::fetch;
pub use mail::mail;
pub use shell::{BACKGROUND_TIME, COMMAND_TIME, SYSTEM_OUTPUT, command};

pub(crate) use curl::module as curl_module;
pub(crate) use shell::{applications as shell_applications, commands as shell_commands};
