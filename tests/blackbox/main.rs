//! The server from outside: real binary, real peers, loopback. One module a subject.

/// Sound in both directions, compared sample by sample.
mod audio;
/// Two phones that are connected through the server.
mod bridge;
/// Causes and statuses, as FreeSWITCH maps them.
mod causes;
/// Codecs, offers and answers.
mod codecs;
/// `call`, `run`, `check`, `help`, `--version`: what they print and answer.
mod command_line;
/// Configuration that cannot be used: what, where, what to do.
mod configuration;
/// The demo of `conf/`, as a newcomer tries it.
mod demo;
/// Keys in both directions.
mod digits;
/// Scripts and dialplans that cannot be run.
mod faults;
/// Calls that the server makes.
mod originate;
/// Recording, and what can go wrong with it.
mod recording;
/// RTP that is missing, foreign or broken.
mod rtp;
/// SIGTERM, once and twice.
mod shutdown;
/// INVITE to BYE and everything that comes between them.
mod signalling;
/// Numbers, phrases, texts and menus; speech that is recognised.
mod speech;
/// Datagrams that no phone would send.
mod torture;
