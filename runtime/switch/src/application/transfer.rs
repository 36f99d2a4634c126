//! `transfer`, `execute_extension`.

use crate::application::{Application, Flags};
use crate::authority;
use crate::channel::routing;
use crate::command::split::arguments;
use crate::dialplan::Action;
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "transfer",
            "<exten> [<dialplan> <context>]",
            "Transfer a channel",
            "Leaves this extension for another one; the dialplan and the context stay unless given. \
             `-bleg` in front means the other leg of a bridge (as when a broadcast does it), `-both` that \
             one too; without a bridge there is none, and nothing is done for it.",
            Flags::NOMEDIA,
            transfer,
        ),
        Application::new(
            "execute_extension",
            "<extension> <dialplan> <context>",
            "Execute an extension",
            "Runs another extension's actions and comes back. While it runs, destination_number, \
             dialplan and context are those of that extension.",
            Flags::NOMEDIA,
            execute_extension,
        ),
    ]
}

async fn transfer(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments(&data, 4);
    let mut words = words.iter().map(String::as_str).peekable();
    let which = words.next_if(|word| matches!(*word, "-bleg" | "-both"));
    let extension = words.next().unwrap_or_default();
    let (dialplan, context) = (words.next(), words.next());
    if let Some(partner) = which.and_then(|_| session.partner()) {
        partner.transfer(extension, dialplan, context)?;
    }
    if which == Some("-bleg") {
        return Ok(());
    }
    session.transfer(extension, dialplan, context)
}

async fn execute_extension(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments(&data, 3);
    let Some(extension) = words.first().filter(|word| !word.is_empty()) else {
        return Err(Failure::Invalid("execute_extension needs an extension".into()));
    };
    authority::expandable(&data)?;
    let before = session.profile();
    let or = |at: usize, default: &str| {
        words
            .get(at)
            .filter(|word| !word.is_empty())
            .map_or_else(|| default.to_owned(), Clone::clone)
    };
    let dialplan = or(1, if before.dialplan.is_empty() { "XML" } else { &before.dialplan });
    let context = or(2, if before.context.is_empty() { "default" } else { &before.context });
    session.set_field("destination_number", extension);
    session.set_field("dialplan", &dialplan);
    session.set_field("context", &context);
    let result = run(&session, &dialplan, &context, extension).await;
    // A transfer meanwhile has set the profile anew, and that holds.
    if session.over().is_none() {
        session.set_field("destination_number", &before.destination_number);
        session.set_field("dialplan", &before.dialplan);
        session.set_field("context", &before.context);
    }
    result
}

async fn run(
    session: &Session,
    dialplan: &str,
    context: &str,
    extension: &str,
) -> Result<(), Failure> {
    let route = routing::route(session, dialplan, context, extension)
        .await
        .map_err(|why| Failure::NotFound(format!("execute_extension {extension}: {why}")))?;
    route.rights.lend(all(session, route.actions)).await
}

async fn all(session: &Session, actions: Vec<Action>) -> Result<(), Failure> {
    for action in actions {
        if let Some(over) = session.over() {
            return Err(over);
        }
        let data = session.expand(&action.data).await;
        // Too deep; the other actions would be as well. Whoever executed this goes on.
        if let Err(Failure::Refused(why)) =
            session.execute_at(&action.application, &data, &action.place).await
        {
            return Err(Failure::Failed(why));
        }
    }
    Ok(())
}
