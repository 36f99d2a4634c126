//! `ringfence console`: lines in, what the server says out.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;

use parking_lot::{Mutex, RwLock};
use rustyline::config::{CompletionType, Config};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Editor, ExternalPrinter};

use crate::client::{Client, ConnectError, Notice, Target};
use crate::complete::Typing;
use crate::link::Link;
use crate::show::Look;
use crate::slash::{self, Action};

/// Lines of history that are kept.
const HISTORY: usize = 1_000;

/// How the console is.
#[derive(Debug)]
pub struct Console {
    /// Whom to connect to.
    pub target: Target,
    /// What is shown of the log from the beginning; none shows nothing.
    pub log: Option<String>,
    /// Waits for a server that is not there yet.
    pub retry: bool,
    /// Ctrl-C ends the console, too.
    pub interrupt: bool,
    /// Says nothing of its own.
    pub quiet: bool,
    /// Where lines that were typed are kept; none keeps them while it runs.
    pub history: Option<PathBuf>,
}

/// Runs one API command and prints its output; false when it says `-ERR` or `-USAGE`.
///
/// # Errors
///
/// There is no connection, or it breaks before the answer.
pub fn execute(console: &Console, command: &str) -> Result<bool, ConnectError> {
    let tell = |error: &ConnectError| waiting(console.quiet, error);
    let (link, _) = Link::connect(console.target.clone(), console.retry, tell)?;
    let answer = link.client().and_then(|client| client.api(command, None).ok().flatten());
    let Some(answer) = answer else {
        let name = format!("{}:{}", console.target.host, console.target.port);
        return Err(ConnectError::Silent(name));
    };
    let text = answer.text();
    print(text.trim_end_matches('\n'));
    Ok(!text.starts_with("-ERR") && !text.starts_with("-USAGE"))
}

/// Talks with whoever sits there until they quit.
///
/// # Errors
///
/// There is no connection at the beginning; one that breaks later is made anew.
pub fn console(console: &Console) -> Result<(), ConnectError> {
    let colour = io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let look = Arc::new(RwLock::new(Look { colour, ..Look::default() }));
    let tell = |error: &ConnectError| waiting(console.quiet, error);
    let (link, notices) = Link::connect(console.target.clone(), console.retry, tell)?;
    let name = format!("{}:{}", console.target.host, console.target.port);
    if !console.quiet {
        print(&look.read().own(&format!("Connected to {name}. /help tells what there is.")));
    }
    let mut talk = Talk { console, link: Arc::clone(&link), look: Arc::clone(&look) };
    if let Some(level) = &console.log {
        talk.send(&format!("log {level}"), true);
    }
    let editor = editor(Arc::clone(&link), console);
    let Ok(mut editor) = editor else {
        // Not even a pipe to read from.
        return Ok(());
    };
    let screen = Screen::new(editor.create_external_printer().ok());
    let shower = Shower { link, look, screen, quiet: console.quiet, name: name.clone() };
    // It ends with the process.
    drop(thread::spawn(move || shower.run(notices)));
    let prompt = format!("ringfence@{name}> ");
    loop {
        match editor.readline(&prompt) {
            Ok(line) => {
                let line = line.trim();
                if !line.is_empty() {
                    // A line that cannot be kept was typed all the same.
                    let _ = editor.add_history_entry(line);
                }
                if !talk.line(line) {
                    break;
                }
            }
            Err(ReadlineError::Interrupted) if console.interrupt => break,
            // The line that was begun is gone; so is nothing else.
            Err(ReadlineError::Interrupted) => {}
            Err(_) => break,
        }
    }
    if let Some(file) = &console.history {
        let folder = file.parent().map(fs::create_dir_all);
        let kept = folder.is_none_or(|made| made.is_ok()) && editor.save_history(file).is_ok();
        if !kept && !console.quiet {
            print(&format!("The history could not be written to {}.", file.display()));
        }
    }
    Ok(())
}

fn editor(
    link: Arc<Link>,
    console: &Console,
) -> Result<Editor<Typing, FileHistory>, ReadlineError> {
    let config = Config::builder()
        .max_history_size(HISTORY)?
        .history_ignore_space(true)
        .completion_type(CompletionType::List)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Typing(link)));
    if let Some(file) = &console.history {
        // The first time there is none.
        let _ = editor.load_history(file);
    }
    Ok(editor)
}

fn waiting(quiet: bool, error: &ConnectError) {
    if !quiet {
        print(&format!("{error}\nTrying again until it is there."));
    }
}

/// A line on standard output. A reader that has gone is no error: there is nobody left to tell.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// What is typed, and what becomes of it.
struct Talk<'c> {
    console: &'c Console,
    link: Arc<Link>,
    look: Arc<RwLock<Look>>,
}

impl Talk<'_> {
    /// Does what a line says; false ends the console.
    fn line(&mut self, line: &str) -> bool {
        if line.is_empty() {
            return true;
        }
        let Some(own) = line.strip_prefix('/') else {
            if matches!(line, "exit" | "quit" | "bye" | "...") {
                return false;
            }
            self.answer(|client| client.api(line, None).ok().flatten());
            return true;
        };
        let Some((slash, arguments)) = slash::find(own) else {
            print(&self.look.read().output(&format!("-ERR there is no /{own}; /help lists all")));
            return true;
        };
        match slash.action {
            Action::Quit => return false,
            Action::Help => print(&slash::help()),
            Action::Send => self.send(format!("{} {arguments}", slash.name).trim_end(), false),
            Action::LogFilter => {
                let text = Some(arguments.to_owned()).filter(|text| !text.is_empty());
                print(&format!("Log filter: {}", text.as_deref().unwrap_or("none")));
                self.look.write().log_filter = text;
            }
            Action::Uuid => {
                let text = Some(arguments.to_owned()).filter(|text| !text.is_empty());
                print(&format!("Log of the call: {}", text.as_deref().unwrap_or("all")));
                self.look.write().uuid = text;
            }
        }
        true
    }

    /// Says a command of the event socket, now and on each new connection. `silent` shows only a
    /// refusal.
    fn send(&mut self, command: &str, silent: bool) {
        let reply = self.link.client().and_then(|client| client.request(command, None).ok()?);
        let Some(reply) = reply else { return self.lost() };
        if reply.text().starts_with("+OK") {
            self.link.remember(command);
        }
        if !silent || !reply.text().starts_with("+OK") {
            print(&self.look.read().output(reply.text()));
        }
    }

    fn answer(&self, ask: impl FnOnce(&Client) -> Option<crate::client::Answer>) {
        match self.link.client().and_then(|client| ask(&client)) {
            Some(answer) => print(&self.look.read().output(answer.text())),
            None => self.lost(),
        }
    }

    fn lost(&self) {
        let target = &self.console.target;
        let text = format!(
            "-ERR not connected to {}:{}; the console goes on trying",
            target.host, target.port
        );
        print(&self.look.read().output(&text));
    }
}

/// Where what comes on its own is written: above the line that is being typed.
struct Screen(Mutex<Option<Box<dyn Printer>>>);

trait Printer: Send {
    fn print(&mut self, text: String) -> bool;
}

impl<P: ExternalPrinter + Send> Printer for P {
    fn print(&mut self, text: String) -> bool {
        ExternalPrinter::print(self, text).is_ok()
    }
}

impl Screen {
    fn new(printer: Option<impl ExternalPrinter + Send + 'static>) -> Self {
        Self(Mutex::new(printer.map(|printer| Box::new(printer) as Box<dyn Printer>)))
    }

    fn print(&self, text: &str) {
        let mut printer = self.0.lock();
        let printed = printer.as_mut().is_some_and(|printer| printer.print(format!("{text}\n")));
        if !printed {
            print(text);
        }
    }
}

/// Shows what comes, and connects again.
struct Shower {
    link: Arc<Link>,
    look: Arc<RwLock<Look>>,
    screen: Screen,
    quiet: bool,
    name: String,
}

impl Shower {
    fn run(&self, mut notices: Receiver<Notice>) {
        loop {
            // A connection that ends says so; without that, its reader has panicked.
            match notices.recv().unwrap_or_else(|_| Notice::Gone("its reader is gone".to_owned())) {
                Notice::Event(event) => {
                    self.link.note(&event);
                    self.screen.print(&self.look.read().event(&event));
                }
                Notice::Log(line) => {
                    if let Some(line) = self.look.read().log(&line) {
                        self.screen.print(&line);
                    }
                }
                Notice::Gone(why) => {
                    self.own(&format!("Connection to {} lost: {why}. Trying again.", self.name));
                    match self.link.again() {
                        Ok(next) => notices = next,
                        Err(error) => {
                            self.screen.print(&self.look.read().output(&format!("-ERR {error}")));
                            return;
                        }
                    }
                    self.own(&format!("Connected to {} again.", self.name));
                }
            }
        }
    }

    fn own(&self, text: &str) {
        if !self.quiet {
            self.screen.print(&self.look.read().own(text));
        }
    }
}
