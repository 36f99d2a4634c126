//! What Ringfence promises, one file a promise.

/// One script too many waits, and then fails by name.
mod capacity;
/// Databases that are down, slow, locked or full are an error of the script that asks.
mod database;
/// What a call gets when its script is ended.
mod ends;
/// Scripts that compute starve nobody.
mod fairness;
/// Scripts that answer lookups and events may fail, hang and flood: nothing is lost.
mod handlers;
/// A hangup reaches a script whatever it does, and its resources come back.
mod hangup;
/// A script that goes wrong harms nobody else.
mod isolation;
/// Every running script is listed, shown, waited for and counted.
mod jobs;
/// A script is ended from outside in any state.
mod kill;
/// No script takes more than its profile grants.
mod limits;
/// An edit is in effect with the next run, and only when it is whole and compiles.
mod reload;
/// Scripts can be unloaded under calls and brought back.
mod unload;
