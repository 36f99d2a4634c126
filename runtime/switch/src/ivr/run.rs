//! Running a menu on a call.

use futures_util::future::BoxFuture;

use super::read::pattern;
use super::{Action, Entry, Menu, Menus};
use crate::operation::{Failure, Operation, Outcome, Play, Prompt};
use crate::regex;
use crate::session::Session;

/// Menus within menus; one more is refused.
const MAX_DEPTH: usize = 32;

/// How often a pin is asked for.
const PIN_TRIES: usize = 3;

/// How a menu ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// All menus end.
    Exit,
    /// The menu before goes on.
    Back,
    /// The first menu goes on.
    Top,
}

impl Session {
    /// Runs a menu and those that it leads to, until one ends them all, or the call ends.
    ///
    /// # Errors
    ///
    /// `NotFound` without such a menu, `Hangup` when the call is over or was transferred.
    pub async fn ivr(&self, menus: &Menus, name: &str) -> Result<(), Failure> {
        menu(self, menus, name, 0).await.map(drop)
    }
}

/// Boxed, because menus lead to menus.
fn menu<'a>(
    session: &'a Session,
    menus: &'a Menus,
    name: &'a str,
    depth: usize,
) -> BoxFuture<'a, Result<End, Failure>> {
    Box::pin(async move {
        let Some(menu) = menus.find(name) else {
            return Err(Failure::NotFound(format!("there is no menu {name}")));
        };
        if depth >= MAX_DEPTH {
            let why = format!("menu {name}: at most {MAX_DEPTH} menus are open at the same time");
            return Err(Failure::Refused(why));
        }
        tracing::debug!(call = %session.uuid(), menu = name, "menu");
        let running = Run { session, menus, menu, depth };
        let end = running.run().await?;
        if end == End::Exit && depth == 0 {
            running.play(&menu.exit_sound).await?;
        }
        Ok(end)
    })
}

struct Run<'a> {
    session: &'a Session,
    menus: &'a Menus,
    menu: &'a Menu,
    depth: usize,
}

impl Run<'_> {
    async fn run(&self) -> Result<End, Failure> {
        let menu = self.menu;
        if !menu.pin.is_empty() && !self.knows_pin().await? {
            return Ok(End::Exit);
        }
        let (mut failures, mut timeouts) = (0, 0);
        let mut greeting = &menu.greet_long;
        loop {
            for (count, most, then) in [
                (failures, menu.max_failures, &menu.exec_on_max_failures),
                (timeouts, menu.max_timeouts, &menu.exec_on_max_timeouts),
            ] {
                if count >= most {
                    if !then.is_empty() {
                        self.execute(then).await?;
                    }
                    return Ok(End::Exit);
                }
            }
            let digits = self.ask(greeting, menu.digit_len).await?;
            if !menu.greet_short.is_empty() {
                greeting = &menu.greet_short;
            }
            if digits.is_empty() {
                timeouts += 1;
                continue;
            }
            if !menu.confirm_macro.is_empty() && !self.confirmed(&digits).await? {
                continue;
            }
            let mut matched = false;
            for entry in &menu.entries {
                let Some(argument) = self.matches(entry, &digits) else { continue };
                matched = true;
                match self.act(entry.action, &argument).await? {
                    None => {}
                    Some(end) => return Ok(end),
                }
                if entry.action == Action::Sub {
                    // Back from there, all is said again.
                    greeting = &menu.greet_long;
                }
            }
            if matched {
                failures = 0;
            } else {
                failures += 1;
                self.play(&menu.invalid_sound).await?;
            }
        }
    }

    /// Plays a sound until a key is pressed, and collects up to `max` keys.
    async fn ask(&self, sound: &str, max: u32) -> Result<String, Failure> {
        let menu = self.menu;
        // `#` ends the input where no entry wants it for itself.
        let wanted = menu.entries.iter().any(|entry| entry.digits.contains('#'));
        let prompt = Prompt {
            max,
            tries: 1,
            timeout: menu.timeout,
            digit_timeout: menu.inter_digit_timeout,
            terminators: if wanted { String::new() } else { "#".to_owned() },
            file: self.sound(sound),
            partial: true,
            ..Prompt::default()
        };
        match self.session.perform(Operation::Prompt(prompt)).await? {
            Outcome::Digits(digits) => Ok(digits),
            Outcome::Failed(why) => Err(Failure::Failed(why)),
            // A break from outside: as if nothing was pressed.
            Outcome::Done | Outcome::Stopped => Ok(String::new()),
        }
    }

    /// Plays a sound; one that cannot be played is left out, with a line in the log.
    async fn play(&self, sound: &str) -> Result<(), Failure> {
        if sound.is_empty() {
            return Ok(());
        }
        let play = Play { path: self.sound(sound), ..Play::default() };
        match self.session.perform(Operation::Play(play)).await {
            Ok(Outcome::Failed(why)) => self.left_out(&why),
            Err(over @ Failure::Hangup(_)) => return Err(over),
            Err(failure) => self.left_out(&failure.to_string()),
            Ok(_) => {}
        }
        Ok(())
    }

    fn left_out(&self, why: &str) {
        let (call, menu) = (self.session.uuid(), &self.menu.name);
        tracing::warn!(%call, menu, "sound left out: {why}");
    }

    /// A text to speak gets the menu's engine and voice.
    fn sound(&self, sound: &str) -> String {
        let Menu { tts_engine, tts_voice, .. } = self.menu;
        match sound.strip_prefix("say:") {
            Some(text) if !tts_engine.is_empty() => format!("say:{tts_engine}:{tts_voice}:{text}"),
            _ => sound.to_owned(),
        }
    }

    async fn knows_pin(&self) -> Result<bool, Failure> {
        let Menu { pin, pin_file, bad_pin_file, .. } = self.menu;
        let length = u32::try_from(pin.chars().count()).unwrap_or(u32::MAX);
        for _ in 0..PIN_TRIES {
            if self.ask(pin_file, length).await? == *pin {
                return Ok(true);
            }
            self.play(bad_pin_file).await?;
        }
        Ok(false)
    }

    async fn confirmed(&self, digits: &str) -> Result<bool, Failure> {
        let Menu { confirm_macro, confirm_key, confirm_attempts, timeout, .. } = self.menu;
        for _ in 0..*confirm_attempts {
            let prompt = Prompt {
                max: 1,
                tries: 1,
                timeout: *timeout,
                file: format!("phrase:{confirm_macro}:{digits}"),
                partial: true,
                ..Prompt::default()
            };
            match self.session.perform(Operation::Prompt(prompt)).await? {
                Outcome::Digits(key) if key == *confirm_key => return Ok(true),
                Outcome::Digits(key) if !key.is_empty() => return Ok(false),
                _ => {}
            }
        }
        Ok(false)
    }

    /// What an entry does its action with, when the digits are its own.
    fn matches(&self, entry: &Entry, digits: &str) -> Option<String> {
        let Some(pattern) = pattern(&entry.digits) else {
            return (entry.digits == digits).then(|| entry.argument.clone());
        };
        match regex::cached(pattern).and_then(|pattern| pattern.find(digits)) {
            Ok(captures) => captures.map(|captures| captures.substitute(&entry.argument)),
            Err(error) => {
                let (call, menu) = (self.session.uuid(), &self.menu.name);
                tracing::error!(%call, menu, "digits {}: {error}", entry.digits);
                None
            }
        }
    }

    /// Does it; answers how the menu ends when it ends by it.
    async fn act(&self, action: Action, argument: &str) -> Result<Option<End>, Failure> {
        match action {
            Action::Exit => Ok(Some(End::Exit)),
            Action::Back if self.depth == 0 => Ok(Some(End::Exit)),
            Action::Back => Ok(Some(End::Back)),
            Action::Top if self.depth == 0 => Ok(None),
            Action::Top => Ok(Some(End::Top)),
            Action::Play => self.play(argument).await.map(|()| None),
            Action::Execute => self.execute(argument).await.map(|()| None),
            Action::Sub => match menu(self.session, self.menus, argument, self.depth + 1).await {
                Ok(End::Exit) => Ok(Some(End::Exit)),
                Ok(End::Top) if self.depth > 0 => Ok(Some(End::Top)),
                Ok(End::Top | End::Back) => Ok(None),
                Err(Failure::NotFound(why)) => {
                    tracing::error!(call = %self.session.uuid(), menu = self.menu.name, "{why}");
                    Ok(None)
                }
                Err(failure) => Err(failure),
            },
        }
    }

    /// Runs `name data`. What it fails with does not end the menu, unless the call is over.
    async fn execute(&self, call: &str) -> Result<(), Failure> {
        let call = self.session.expand(call).await;
        let (name, data) = call.split_once(' ').unwrap_or((&call, ""));
        if name.eq_ignore_ascii_case("transfer") {
            self.play(&self.menu.transfer_sound).await?;
        }
        if let Err(failure) = self.session.execute(name, data).await {
            let menu = &self.menu.name;
            tracing::warn!(call = %self.session.uuid(), menu, "{name}: {failure}");
        }
        match self.session.over() {
            Some(over) => Err(over),
            None => Ok(()),
        }
    }
}
