//! The pools of connections to databases, as configured.

use std::path::{Path, PathBuf};

use ringfence_database::{Databases, Settings};
use ringfence_rim::Clock;

use crate::config::Configuration;

/// The program that speaks ODBC; it belongs beside the server's.
const ODBC: &str = "ringfence-odbc";

/// The pools of a server. Opens nothing yet.
pub(super) fn of(configuration: &Configuration, clock: &Clock) -> Databases {
    let folder = configuration.globals().text("db_dir").filter(|folder| !folder.is_empty());
    let server = std::env::current_exe();
    Databases::new(Settings {
        folder: folder.map_or_else(temporary, |folder| PathBuf::from(&*folder)),
        handles: configuration.switch.max_db_handles,
        wait: configuration.switch.db_handle_timeout,
        odbc: server.map_or_else(|_| PathBuf::from(ODBC), |path| beside(&path)),
        simulated: matches!(clock, Clock::Simulated { .. }),
    })
}

/// Where databases are in a server that has no folder for them, as in tests: of this process alone.
fn temporary() -> PathBuf {
    std::env::temp_dir().join(format!("ringfence-db-{}", std::process::id()))
}

fn beside(server: &Path) -> PathBuf {
    server.with_file_name(ODBC)
}
