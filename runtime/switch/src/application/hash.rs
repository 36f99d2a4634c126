//! `hash`, `db`.

use crate::application::{Application, Flags};
use crate::command::db::{self, Refused};
use crate::command::hash;
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "hash",
            "[insert|insert_ifempty|delete|delete_ifmatch]/<realm>/<key>/<val>",
            "Insert into the hashtable",
            "Keeps or removes a value that all calls and scripts share, as the command `hash`; \
             `${hash(select/realm/key)}` reads it.",
            Flags::ANY,
            async |session: Session, data: String| {
                let answer = hash::run(session.switch(), &data)?;
                match answer.strip_prefix("-ERR ") {
                    Some(why) => Err(Failure::Failed(why.trim_end().to_owned())),
                    None => Ok(()),
                }
            },
        ),
        Application::new(
            "db",
            "[insert|delete]/<realm>/<key>/<val>",
            "Insert into the db",
            "Keeps or removes a value in a database of the server, as the command `db`; \
             `${db(select/realm/key)}` reads it.",
            Flags::ANY,
            async |session: Session, data: String| match db::order(session.switch(), &data).await {
                Ok(_) => Ok(()),
                Err(Refused::Usage) => Err(Failure::Invalid(
                    "db takes insert/realm/key/value or delete/realm/key".into(),
                )),
                Err(Refused::Failed(why)) => Err(Failure::Failed(why)),
                Err(Refused::Script(failure)) => Err(failure),
            },
        ),
    ]
}
