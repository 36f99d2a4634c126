//! SQLite: each connection is a thread.
//!
//! Its library blocks: on the disk, and on other programs' locks. A statement is interrupted where it
//! stands when it takes too long, or when nobody waits for its answer any more: SQLite asks `watch`
//! every thousand instructions, and every time it waits for a lock.

mod guard;
mod number;
mod statement;
mod watch;

use std::path::{Path, PathBuf};

use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use crate::connection::{Request, line};
use crate::dsn::MEMORY;
use guard::Guard;
use watch::Watch;

/// The largest text or blob, in bytes: what a function may make, and what a row may hold.
const LENGTH: i32 = 16 << 20;
/// The memory that SQLite may take in this process, in bytes; more is an error of the statement.
const HEAP: i64 = 256 << 20;
/// The stack of a connection's thread, in bytes. SQLite needs a few kilobytes.
const STACK: usize = 512 << 10;

/// Opens a file, made when it is not there; so is `folder`, the one of databases without a path.
pub(crate) async fn open(
    path: &Path,
    folder: &Path,
    restricted: bool,
) -> Result<mpsc::Sender<Request>, String> {
    let (requests, mut received) = line();
    let (opened, outcome) = oneshot::channel();
    let path = path.to_path_buf();
    let make = path.parent().filter(|parent| parent.starts_with(folder)).map(Path::to_path_buf);
    let thread = std::thread::Builder::new().name("sqlite".to_owned()).stack_size(STACK);
    let spawned = thread.spawn(move || {
        let watch = Watch::default();
        match connect(&path, make, restricted, &watch) {
            Ok((connection, guard)) => {
                // Who has given up opening it has dropped the line, too.
                if opened.send(Ok(())).is_ok() {
                    serve(&connection, &mut received, &watch, &guard);
                }
            }
            Err(error) => drop(opened.send(Err(error))),
        }
    });
    spawned.map_err(|error| format!("no thread for it: {error}"))?;
    outcome.await.map_err(|_| "its thread ended".to_owned())??;
    Ok(requests)
}

fn connect(
    path: &Path,
    make: Option<PathBuf>,
    restricted: bool,
    watch: &Watch,
) -> Result<(Connection, Guard), String> {
    if let Some(folder) = make {
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    }
    let text = |error: rusqlite::Error| error.to_string();
    let mut connection = if path.as_os_str() == MEMORY {
        Connection::open_in_memory()
    } else {
        // No URIs: their parameters would open other files, or this one without locks. The path was
        // followed when the permission was looked at; what became a link since is refused.
        let nofollow =
            if restricted { OpenFlags::SQLITE_OPEN_NOFOLLOW } else { OpenFlags::empty() };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | nofollow;
        Connection::open_with_flags(path, flags)
    }
    .map_err(text)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LENGTH).map_err(text)?;
    connection.pragma_update(None, "hard_heap_limit", HEAP).map_err(text)?;
    watch.follow(&mut connection).map_err(text)?;
    let guard = Guard::new(&mut connection, restricted).map_err(text)?;
    Ok((connection, guard))
}

/// Answers requests until nobody can ask any more, or somebody has stopped waiting.
fn serve(
    connection: &Connection,
    requests: &mut mpsc::Receiver<Request>,
    watch: &Watch,
    guard: &Guard,
) {
    let mut before = connection.total_changes();
    let mut next = requests.blocking_recv();
    while let Some(request) = next {
        next = match request {
            Request::Start { statement, limit, answer } => {
                watch.begin(answer, limit);
                match statement::run(connection, &statement, before, requests, watch) {
                    Ok(next) => next,
                    Err(statement::Abandoned) => return,
                }
            }
            Request::More { answer, .. } => {
                // Its statement has ended: it has no more rows.
                drop(answer.send(Ok(crate::value::Reply::default())));
                requests.blocking_recv()
            }
            Request::Stop => requests.blocking_recv(),
            Request::Reset { done } => {
                // Settings, attached files and temporary tables would be the next user's.
                if guard.has_changed() {
                    return;
                }
                if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
                    return;
                }
                before = connection.total_changes();
                if done.send(()).is_err() {
                    return;
                }
                requests.blocking_recv()
            }
        };
    }
}
