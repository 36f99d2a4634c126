//! From an edit to the first run of the new version.

use std::time::{Duration, Instant};

use ringfence_tests::Server;

use crate::server;

const EDITS: usize = 30;

pub(crate) fn run() {
    println!("## Editing a script\n");
    println!(
        "A script of a few lines is saved, {EDITS} times; from the return of the write to the end of\n\
         the first run that is the new one.\n"
    );
    println!("| | median | most |");
    println!("|---|---:|---:|");
    let watched = server(|conf| {
        conf.script("which.lua", &script(0));
    });
    row("the folder is watched", &watched, None);
    let unwatched = server(|conf| {
        conf.set("lua", "watch", "false").script("which.lua", &script(0));
    });
    row("the files are looked at before a run", &unwatched, None);
    row("`reload mod_lua`", &unwatched, Some("reload mod_lua"));
    println!();
}

fn script(version: usize) -> String {
    format!("local part = {version}\nstream:write(part)\n")
}

fn row(how: &str, server: &Server, command: Option<&str>) {
    after(server, command, 0);
    let mut times: Vec<Duration> = (1..=EDITS).map(|edit| after(server, command, edit)).collect();
    times.sort_unstable();
    let ms = |time: Duration| format!("{:.0} ms", time.as_secs_f64() * 1000.0);
    println!("| {how} | {} | {} |", ms(times[EDITS / 2]), ms(times[EDITS - 1]));
}

fn after(server: &Server, command: Option<&str>, edit: usize) -> Duration {
    server.configuration.script("which.lua", &script(edit));
    let began = Instant::now();
    if let Some(command) = command {
        let answer = server.api(command);
        assert!(answer.contains("+OK"), "{answer}");
    }
    while server.api("lua which.lua") != edit.to_string() {
        assert!(began.elapsed() < Duration::from_secs(30), "the edit is not picked up");
    }
    began.elapsed()
}
