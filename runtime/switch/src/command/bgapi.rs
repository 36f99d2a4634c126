//! `bgapi`: a command that is not waited for.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Command, CommandContext};
use crate::authority;
use crate::event::EventName;

/// Commands that run in the background at a time; one more is refused. Each is a task of some kB.
const MAX_RUNNING: usize = 1_000;

static RUNNING: AtomicUsize = AtomicUsize::new(0);

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "bgapi",
        "<command>[ <arg>]",
        "Execute an api command in a thread",
        "Runs a command in the background and answers the number of the job at once; what it answers \
         comes as the event `BACKGROUND_JOB` with that `Job-UUID`. At most 1,000 run at a time.",
        bgapi,
    )]
}

/// One that runs, for as long as this lives.
struct Counted;

impl Counted {
    fn new() -> Option<Self> {
        let running = RUNNING.fetch_add(1, Ordering::Relaxed);
        // Dropped when there are too many, which takes it off again.
        let counted = Self;
        (running < MAX_RUNNING).then_some(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn bgapi(context: CommandContext, text: String) -> String {
    if text.is_empty() {
        return "-ERR Invalid syntax\n".to_owned();
    }
    let Some(counted) = Counted::new() else {
        return format!("-ERR {MAX_RUNNING} commands run in the background already\n");
    };
    let uuid = context.switch.new_uuid();
    let job = uuid.to_string();
    let switch = context.switch.clone();
    let run = async move {
        let _counted = counted;
        let (name, arguments) = text.split_once(' ').unwrap_or((&text, ""));
        let output = match switch.command(name, arguments, None).await {
            Ok(output) => output,
            Err(_) => format!("-ERR {name} Command not found!\n"),
        };
        switch.events().fire(EventName::BackgroundJob, |event| {
            event
                .set("Job-UUID", job.as_str())
                .set("Job-Command", name)
                .set("Job-Command-Arg", arguments)
                .set_body(output);
        });
    };
    // Boxed: what runs may be this command again.
    let run: futures_util::future::BoxFuture<'static, ()> =
        Box::pin(authority::with(authority::current(), run));
    context.switch.spawn(run);
    format!("+OK Job-UUID: {uuid}\n")
}
