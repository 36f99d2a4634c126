//! The names of databases, as FreeSWITCH's scripts write them.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::failure::Failure;

/// A database that lives as long as its connection.
pub const MEMORY: &str = ":memory:";

/// What names of SQLite databases began with in early FreeSWITCH.
const CORE: &str = "core:";

/// Which database, and who asks for it.
#[derive(Clone, Eq, Hash, PartialEq)]
pub enum Dsn {
    /// A file, or [`MEMORY`].
    Sqlite(PathBuf),
    /// What PostgreSQL's libraries call a connection string, or its URL.
    Postgres(String),
    /// A data source of `odbc.ini` or a connection string, user and password.
    Odbc {
        /// The source's name, or `DRIVER=…;…`.
        source: String,
        /// Empty leaves it to the source.
        user: String,
        /// Empty leaves it to the source.
        password: String,
    },
}

impl Dsn {
    /// Reads a name.
    ///
    /// | name | database |
    /// | --- | --- |
    /// | `sqlite:///path/to/file` | that file |
    /// | `sqlite://name`, `name` | `name.db` in `folder` |
    /// | `core:name`, `core:/path/to/file` | the same, as early FreeSWITCH wrote it |
    /// | `sqlite://:memory:` | in memory, gone with the connection |
    /// | `pgsql://host=… dbname=… user=…`, `postgresql://user:password@host/name` | PostgreSQL |
    /// | `odbc://source:user:password`, `source:user:password` | a source of `odbc.ini` |
    /// | `odbc://DRIVER=…;Database=…` | ODBC without `odbc.ini` |
    ///
    /// `user` and `password` are `Dbh`'s second and third argument; a name that has its own keeps them.
    ///
    /// # Errors
    ///
    /// The text names none of these.
    pub fn parse(
        name: &str,
        user: Option<&str>,
        password: Option<&str>,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let (user, password) = (user.unwrap_or_default(), password.unwrap_or_default());
        if name.is_empty() {
            return Err(Failure::Name("no database is named".to_owned()));
        }
        if let Some(name) = name.strip_prefix(CORE) {
            return file(name, folder);
        }
        let Some((scheme, rest)) = name.split_once("://") else {
            if name.contains(':') && name != MEMORY || !user.is_empty() {
                return odbc(name, user, password);
            }
            return file(name, folder);
        };
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => file(rest, folder),
            "odbc" => odbc(rest, user, password),
            "pgsql" | "postgres" | "postgresql" => postgres(rest, user, password),
            "mariadb" | "mysql" => Err(Failure::Name(format!(
                "{scheme}:// is not there; MariaDB and MySQL are reached through ODBC: \
                 odbc://source:user:password"
            ))),
            _ => Err(Failure::Name(format!(
                "{scheme}:// is no database; there are sqlite://, pgsql:// and odbc://"
            ))),
        }
    }

    /// What kind it is: `sqlite`, `pgsql`, `odbc`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "pgsql",
            Self::Odbc { .. } => "odbc",
        }
    }

    /// What permissions and logs call it: the same for every way to write it, and without a password.
    ///
    /// `sqlite:///full/path`, `pgsql://user@host:port/name`, `odbc://source`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres(text) => {
                crate::postgres::name(text).unwrap_or_else(|_| "pgsql://".to_owned())
            }
            Self::Odbc { source, .. } => format!("odbc://{}", without_password(source)),
        }
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// A SQLite database by its path, or by its name in the folder of databases.
fn file(name: &str, folder: &Path) -> Result<Dsn, Failure> {
    if name == MEMORY {
        return Ok(Dsn::Sqlite(MEMORY.into()));
    }
    if name.starts_with('/') {
        return Ok(Dsn::Sqlite(plain(Path::new(name))));
    }
    let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !inside {
        return Err(Failure::Name(format!(
            "\"{name}\" is no name of a database in {}: it may not lead out of the folder",
            folder.display()
        )));
    }
    Ok(Dsn::Sqlite(plain(&folder.join(format!("{name}.db")))))
}

/// A path without `.`, `..` and empty parts.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

fn odbc(text: &str, user: &str, password: &str) -> Result<Dsn, Failure> {
    let owned = |source: &str, user: &str, password: &str| Dsn::Odbc {
        source: source.to_owned(),
        user: user.to_owned(),
        password: password.to_owned(),
    };
    if text.is_empty() {
        return Err(Failure::Name("odbc:// names no data source".to_owned()));
    }
    if is_connection_string(text) {
        return Ok(owned(text, user, password));
    }
    let mut parts = text.splitn(3, ':');
    let mut next = |otherwise: &str| {
        parts.next().filter(|part| !part.is_empty()).unwrap_or(otherwise).to_owned()
    };
    let source = next("");
    if source.is_empty() {
        return Err(Failure::Name(format!("\"{text}\" names no data source in front of its user")));
    }
    Ok(owned(&source, &next(user), &next(password)))
}

/// `DRIVER=…;…` in place of a data source.
pub(crate) fn is_connection_string(source: &str) -> bool {
    source.contains('=')
}

/// A connection string whose password is not to be read.
fn without_password(source: &str) -> String {
    if !is_connection_string(source) {
        return source.to_owned();
    }
    let part = |part: &str| match part.split_once('=') {
        Some((key, _)) if matches!(&*key.trim().to_ascii_lowercase(), "pwd" | "password") => {
            format!("{key}=…")
        }
        _ => part.to_owned(),
    };
    source.split(';').map(part).collect::<Vec<_>>().join(";")
}

/// A connection string or a URL. FreeSWITCH's `pgsql://` is followed by either.
fn postgres(rest: &str, user: &str, password: &str) -> Result<Dsn, Failure> {
    let first = rest.split('=').next().unwrap_or_default().trim();
    let is_string =
        rest.contains('=') && first.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    let mut text = if is_string { rest.to_owned() } else { format!("postgresql://{rest}") };
    if is_string {
        // The first one that is given holds with us, the last one with PostgreSQL's reader.
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('\'', "\\'");
        if !user.is_empty() {
            text = format!("user='{}' {text}", quoted(user));
        }
        if !password.is_empty() {
            text = format!("password='{}' {text}", quoted(password));
        }
    }
    crate::postgres::name(&text)?;
    Ok(Dsn::Postgres(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> Result<String, String> {
        let dsn = Dsn::parse(name, None, None, Path::new("/var/db"));
        dsn.map(|dsn| dsn.name()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn every_way_to_name_a_database() {
        for (name, wanted) in [
            ("sqlite:///tmp/a.db", "sqlite:///tmp/a.db"),
            ("sqlite:///tmp/./b//../a.db", "sqlite:///tmp/a.db"),
            ("SQLite://callcenter", "sqlite:///var/db/callcenter.db"),
            ("sqlite://sub/x", "sqlite:///var/db/sub/x.db"),
            ("core", "sqlite:///var/db/core.db"),
            ("core:callcenter", "sqlite:///var/db/callcenter.db"),
            ("core:/tmp/x.db", "sqlite:///tmp/x.db"),
            ("/tmp/x.sqlite", "sqlite:///tmp/x.sqlite"),
            ("sqlite://:memory:", "sqlite://:memory:"),
            (":memory:", "sqlite://:memory:"),
            ("odbc://fs:me:se:cret", "odbc://fs"),
            ("fs:me:secret", "odbc://fs"),
            ("odbc://DRIVER=SQLite3;Database=/x;PWD=s", "odbc://DRIVER=SQLite3;Database=/x;PWD=…"),
            (
                "pgsql://hostaddr=127.0.0.1 port=5433 dbname=fs user=me password='se cret'",
                "pgsql://me@127.0.0.1:5433/fs",
            ),
            ("postgresql://me:secret@db.example/fs", "pgsql://me@db.example:5432/fs"),
            ("pgsql://me@db.example/fs?connect_timeout=3", "pgsql://me@db.example:5432/fs"),
        ] {
            assert_eq!(read(name).as_deref(), Ok(wanted), "{name}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_name() {
        for (name, wanted) in [
            ("", "no database"),
            ("sqlite://", "no name of a database"),
            ("../etc/passwd", "lead out"),
            ("sqlite://a/../../b", "lead out"),
            ("mariadb://x", "ODBC"),
            ("http://x", "no database"),
            ("odbc://", "no data source"),
            (":me:secret", "no data source"),
            ("pgsql://nonsense=1", "nonsense"),
            ("pgsql://host=x port=seven", "port"),
            ("pgsql://host=x,y", "host names 2"),
            ("pgsql://host=x host=y", "host names 2"),
            ("pgsql://hostaddr=10.0.0.1,10.0.0.2", "hostaddr names 2"),
            ("pgsql://host=x port=1,2", "port names 2"),
            ("postgresql://x,y/d", "host names 2"),
        ] {
            let failure = read(name).unwrap_err();
            assert!(failure.contains(wanted), "{name}: {failure}");
        }
    }

    #[test]
    fn user_and_password_may_stand_apart() {
        let dsn = Dsn::parse("fs", Some("me"), Some("secret"), Path::new("/")).unwrap();
        let Dsn::Odbc { source, user, password } = dsn else { panic!("{dsn:?}") };
        assert_eq!((&*source, &*user, &*password), ("fs", "me", "secret"));
        let dsn = Dsn::parse("pgsql://host=h dbname=d", Some("o'me"), Some("x"), Path::new("/"));
        assert_eq!(dsn.unwrap().name(), "pgsql://o'me@h:5432/d");
    }
}
