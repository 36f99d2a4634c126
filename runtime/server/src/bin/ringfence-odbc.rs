//! Speaks ODBC for the server, which starts one for each connection. Not to be run by hand.
//!
//! A program of its own, so that the server links no unixODBC and loads no driver.

use std::process::ExitCode;

fn main() -> ExitCode {
    match ringfence_odbc::serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ringfence-odbc: {error}");
            ExitCode::FAILURE
        }
    }
}
