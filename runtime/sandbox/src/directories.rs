//! The directories of a profile, opened once for all its runs.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::{FsPerms, WasiCtx};

use crate::profile::Directory;

/// How long an opened directory is used before its path is looked up again.
///
/// Runs share the handle, so that 10,000 guests need no 10,000 file descriptors; a directory that
/// was replaced is noticed after this time.
const REOPEN: Duration = Duration::from_secs(1);

/// The opened directories; empty until the first run asks.
#[derive(Default)]
pub(crate) struct Directories {
    opened: Mutex<Option<(Instant, WasiFilesystemCtx)>>,
    /// Held while one run opens, so that the others wait for it. Contains what was reported missing.
    opening: tokio::sync::Mutex<BTreeSet<PathBuf>>,
}

impl Directories {
    /// What a run gets. Opens on the blocking pool.
    pub(crate) async fn open(&self, profile: &str, wanted: &[Directory]) -> WasiFilesystemCtx {
        if wanted.is_empty() {
            return WasiCtx::default().filesystem().clone();
        }
        if let Some(fresh) = self.fresh() {
            return fresh;
        }
        let mut reported = self.opening.lock().await;
        if let Some(fresh) = self.fresh() {
            return fresh;
        }
        let wanted = wanted.to_vec();
        let (opened, missing) = tokio::task::spawn_blocking(move || open_all(&wanted))
            .await
            .unwrap_or_else(|_| (WasiCtx::default().filesystem().clone(), Vec::new()));
        reported.retain(|path| missing.iter().any(|(missing, _)| missing == path));
        for (path, why) in missing {
            if !reported.contains(&path) {
                tracing::warn!(
                    "profile '{profile}': directory {} cannot be used by scripts: {why}; it is \
                     tried again when a script starts",
                    path.display()
                );
                reported.insert(path);
            }
        }
        *self.opened.lock() = Some((Instant::now(), opened.clone()));
        opened
    }

    fn fresh(&self) -> Option<WasiFilesystemCtx> {
        match &*self.opened.lock() {
            Some((at, opened)) if at.elapsed() < REOPEN => Some(opened.clone()),
            _ => None,
        }
    }
}

impl fmt::Debug for Directories {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Directories").finish_non_exhaustive()
    }
}

fn open_all(wanted: &[Directory]) -> (WasiFilesystemCtx, Vec<(PathBuf, String)>) {
    let mut builder = WasiCtx::builder();
    let mut missing = Vec::new();
    for Directory { path, write } in wanted {
        let perms = if *write { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
        let opened = match path.to_str() {
            _ if !path.is_absolute() => Err("its path is not absolute".to_owned()),
            None => Err("its path is not UTF-8".to_owned()),
            Some(inside) => builder
                .preopened_dir(path, inside, perms)
                .map(|_| ())
                .map_err(|error| error.to_string()),
        };
        if let Err(why) = opened {
            missing.push((path.clone(), why));
        }
    }
    (builder.build().filesystem().clone(), missing)
}
