//! `ringfence top`: calls and scripts, live.

mod data;
mod draw;
mod view;

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyEventKind};

use crate::client::{Client, ConnectError, Target};
use data::Snapshot;
use view::{Asked, View};

/// How long the server may take for one list.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts to connect again.
const AGAIN: Duration = Duration::from_secs(1);

/// How top is.
#[derive(Debug)]
pub struct Top {
    /// Whom to connect to.
    pub target: Target,
    /// Between two looks.
    pub interval: Duration,
    /// Prints once what there is, as text, and ends.
    pub once: bool,
}

/// Why top ended without being told to.
#[derive(Debug, thiserror::Error)]
pub enum TopError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The terminal cannot be drawn on.
    #[error("cannot draw on this terminal: {0}. --once prints plain text")]
    Terminal(#[from] io::Error),
    /// The server does not answer as one of ours.
    #[error("{0}")]
    Answer(String),
}

/// Shows what goes on until `q` is pressed, or once.
///
/// # Errors
///
/// There is no connection at the beginning, or no terminal. One that breaks later is made anew.
pub fn top(top: &Top) -> Result<(), TopError> {
    let (client, _) = Client::connect(&top.target)?;
    let snapshot = data::fetch(&client, PATIENCE).map_err(TopError::Answer)?;
    if top.once {
        // A reader that has gone is no error.
        let _ = io::stdout().write_all(draw::plain(&View::new(snapshot)).as_bytes());
        return Ok(());
    }
    let mut terminal = ratatui::try_init()?;
    let result = live(top, client, snapshot, &mut terminal);
    ratatui::restore();
    result
}

fn live(
    top: &Top,
    client: Client,
    snapshot: Snapshot,
    terminal: &mut ratatui::DefaultTerminal,
) -> Result<(), TopError> {
    let mut client = Some(client);
    let mut view = View::new(snapshot);
    let mut next = Instant::now() + top.interval;
    loop {
        terminal.draw(|frame| draw::draw(frame, &view))?;
        let left = next.saturating_duration_since(Instant::now());
        let asked = if event::poll(left)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => view.key(key),
                _ => Asked::Nothing,
            }
        } else {
            Asked::Look
        };
        match asked {
            Asked::Nothing => {}
            Asked::Quit => return Ok(()),
            Asked::Look => {
                look(top, &mut client, &mut view);
                let pause = if client.is_some() { top.interval } else { AGAIN };
                next = Instant::now() + pause;
            }
            Asked::Run(command) => {
                let answer = client
                    .as_ref()
                    .and_then(|client| client.api(&command, Some(PATIENCE)).ok().flatten());
                let text = answer.map(|answer| answer.text().trim_end().to_owned());
                view.say(text.unwrap_or_else(|| format!("{command}: no answer")));
                // What it did is looked at at once.
                next = Instant::now();
            }
        }
    }
}

/// Fetches what there is; without a connection, tries to make one.
fn look(top: &Top, client: &mut Option<Client>, view: &mut View) {
    let fetched = match client {
        Some(connected) => data::fetch(connected, PATIENCE),
        None => match Client::connect(&top.target) {
            Ok((connected, _)) => data::fetch(client.insert(connected), PATIENCE),
            Err(error) => Err(error.to_string()),
        },
    };
    match fetched {
        Ok(snapshot) => view.update(snapshot),
        Err(error) => {
            *client = None;
            view.lost(error);
        }
    }
}
