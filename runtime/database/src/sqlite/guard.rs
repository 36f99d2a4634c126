//! What statements may not do to the server, and what the next user must not inherit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// Pragmas that reach beyond the connection, or undo how it is watched. They do nothing.
const IGNORED: [&str; 4] =
    ["busy_timeout", "hard_heap_limit", "soft_heap_limit", "temp_store_directory"];

/// Sees each statement before it runs.
pub(crate) struct Guard(Arc<AtomicBool>);

impl Guard {
    /// Looks at the statements of the connection from now on.
    ///
    /// A restricted one attaches no file: the permission to use one database would be one for all.
    pub(crate) fn new(connection: &mut Connection, restricted: bool) -> rusqlite::Result<Self> {
        let changed = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&changed);
        connection.authorizer(Some(move |asked: AuthContext<'_>| match asked.action {
            AuthAction::Pragma { pragma_name, .. }
                if IGNORED.iter().any(|name| name.eq_ignore_ascii_case(pragma_name)) =>
            {
                Authorization::Ignore
            }
            // VACUUM attaches a nameless file of its own.
            AuthAction::Attach { filename } if restricted && !filename.is_empty() => {
                Authorization::Deny
            }
            AuthAction::Pragma { pragma_value: Some(_), .. }
            | AuthAction::Attach { .. }
            | AuthAction::CreateTempTable { .. }
            | AuthAction::CreateTempView { .. }
            | AuthAction::CreateTempTrigger { .. } => {
                seen.store(true, Ordering::Relaxed);
                Authorization::Allow
            }
            _ => Authorization::Allow,
        }))?;
        Ok(Self(changed))
    }

    /// Whether a statement changed what is the connection's own.
    pub(crate) fn has_changed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
