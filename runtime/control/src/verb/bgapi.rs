//! `bgapi <command> [<arguments>]`.

use ringfence_switch::event::EventName;

use super::api::{output, split};
use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "bgapi",
    syntax: "<command> [<arguments>]",
    scope: Scope::Full,
    doc: "Runs an API command beside the connection: `+OK Job-UUID: <uuid>` at once, the output later as \
          the body of an event `BACKGROUND_JOB`. The header `Job-UUID` chooses the uuid. With `max-jobs` \
          running: `-ERR too many jobs`.",
    blank: true,
    run: Run::Quick(bgapi),
};

fn bgapi(connection: &mut Connection, request: &Request, text: &str) -> Answer {
    let (name, arguments) = split(text);
    if !connection.may(|rights| rights.api(name)) {
        return Answer::denied();
    }
    let limit = connection.shared.settings().max_jobs;
    let Some(job) = connection.jobs.start(limit) else {
        return Answer::reply(format!(
            "-ERR too many jobs: {limit} of this connection run already"
        ));
    };
    let uuid = request.header("Job-UUID").map_or_else(crate::uuid, str::to_owned);
    let (name, arguments) = (name.to_owned(), arguments.to_owned());
    let (switch, session) = (connection.switch().clone(), connection.session.clone());
    let reply = vec![("Job-UUID", uuid.clone())];
    let text = format!("+OK Job-UUID: {uuid}");
    drop(connection.switch().runtime().spawn(async move {
        let output = output(&switch, &name, &arguments, session.as_ref()).await;
        switch.events().fire(EventName::BackgroundJob, |event| {
            event.set("Job-UUID", uuid);
            if let Some(session) = &session {
                event.set("Job-Owner-UUID", &**session.uuid());
            }
            event.set("Job-Command", name).set("Job-Command-Arg", arguments);
            if !output.is_empty() {
                event.set_body(output);
            }
        });
        drop(job);
    }));
    Answer::Reply(text, reply)
}
