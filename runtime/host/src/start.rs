//! From what was typed to a run: which script, in which language, for whom, granted what.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ringfence_sandbox::{Owner, Refusal};
use ringfence_switch::Session;
use uuid::Uuid;

use crate::{
    bindings::ringfence::call::{job::Origin, script::Code},
    command_line::CommandLine,
    components::Unusable,
    configuration::{LuaConfiguration, NoProfile},
    entry::Entry,
    finish::{FAULT, Launched},
    launch::{Launch, NotStarted, Program},
    scripts::Scripts,
    versions::{self, Pinned, Settings},
};

/// The name of code from a command line, for lists and logs.
const INLINE: &str = "inline";

/// What a script is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Lua,
    /// What the file's name ends with tells: `.lua`, or `.wasm` for a component.
    ByEnding,
    /// Lua, unless the name ends with `.wasm`.
    Usual,
}

/// What somebody wants to be run.
pub(crate) struct Start<'a> {
    pub(crate) language: Language,
    pub(crate) origin: Origin,
    pub(crate) owner: Owner,
    /// The script and its arguments, as typed.
    pub(crate) line: &'a str,
    pub(crate) session: Option<Session>,
    pub(crate) environment: Option<Vec<(String, String)>>,
    /// What else it is given, and what it answers.
    pub(crate) entry: Entry,
}

/// Why a command line did not become a running script.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("no script is named")]
    Nothing,
    #[error("what is {0:?} written in? A name ends with .lua for Lua, with .wasm for a component")]
    UnknownLanguage(String),
    #[error("mod_lua is not loaded; `load mod_lua` brings it back")]
    Unloaded,
    #[error(transparent)]
    Version(#[from] versions::Unusable),
    #[error(transparent)]
    Unusable(#[from] Unusable),
    #[error(transparent)]
    NoProfile(#[from] NoProfile),
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
}

impl StartError {
    /// Whether no script starts any more: the module or the server goes.
    pub(crate) fn is_the_end(&self) -> bool {
        matches!(self, Self::Unloaded | Self::NotStarted(NotStarted::Refused(Refusal::Closed)))
    }

    /// The stable name, for `script_result`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Unloaded => "unloaded",
            Self::NotStarted(NotStarted::Refused(refusal)) => refusal.name(),
            Self::Unusable(_) | Self::NotStarted(NotStarted::Guest(_)) => "start-failed",
            Self::Nothing | Self::UnknownLanguage(_) | Self::Version(_) | Self::NoProfile(_) => {
                FAULT
            }
        }
    }
}

impl Scripts {
    /// Starts what a command line names.
    pub(crate) async fn start(&self, start: Start<'_>) -> Result<Launched, StartError> {
        let configuration = self.configuration();
        let script = match CommandLine::parse(start.line).ok_or(StartError::Nothing)? {
            CommandLine::Inline(code) => {
                let source = ringfence_text::encode(&code).into_owned();
                let program = self.lua(&configuration, INLINE, Source::Line(source)).await?;
                Script { name: INLINE.to_owned(), path: None, program, arguments: None }
            }
            CommandLine::File { name, arguments } => {
                let path = configuration.path_of(&name);
                let component = name.ends_with(".wasm") && start.language != Language::Lua;
                let program = if component {
                    Program::Component(self.0.components.component(&path).await?)
                } else if start.language != Language::ByEnding || name.ends_with(".lua") {
                    self.lua(&configuration, &name, Source::File(&path)).await?
                } else {
                    return Err(StartError::UnknownLanguage(name));
                };
                Script { name, path: Some(path), program, arguments: Some(arguments) }
            }
        };
        let profile = configuration.profile_of(&script.name)?.clone();
        let launch = Launch {
            switch: self.0.switch.clone(),
            guests: self.0.guests.clone(),
            configuration,
            trace: self.0.trace.load().as_deref().cloned(),
            origin: start.origin,
            owner: start.owner,
            program: script.program,
            name: script.name,
            path: script.path,
            arguments: script.arguments,
            environment: start.environment,
            entry: start.entry,
            session: start.session,
            profile,
        };
        Ok(launch.start().await?)
    }

    /// Starts a script that serves no call, for an owner of that kind; answers the job's id.
    pub(crate) async fn background(
        &self,
        language: Language,
        owner: Owner,
        line: &str,
    ) -> Result<Uuid, StartError> {
        let origin = Origin::Background;
        let start = Start {
            language,
            origin,
            owner,
            line,
            session: None,
            environment: None,
            entry: Entry::default(),
        };
        let launched = self.start(start).await?;
        let id = launched.id();
        // Nobody waits for the end but the log.
        drop(self.0.switch.runtime().spawn(launched.finish()));
        Ok(id)
    }

    async fn lua(
        &self,
        configuration: &Arc<LuaConfiguration>,
        name: &str,
        source: Source<'_>,
    ) -> Result<Program, StartError> {
        let inside = self.0.gate.enter().ok_or(StartError::Unloaded)?;
        let version = configuration.version_of(name);
        let profile = Arc::clone(configuration.profile_of(name)?);
        let settings = Settings::new(Arc::clone(configuration), profile, version);
        let (code, pinned) = match source {
            Source::Line(text) => (Code::Text(text), self.0.versions.inline(settings)),
            Source::File(path) => {
                let current = self.0.versions.current(path, settings).await?;
                (Code::Compiled(current.code().to_vec()), current)
            }
        };
        Ok(Program::Lua { version, code, pinned: Pinned::new(pinned), inside })
    }
}

/// Where Lua comes from.
enum Source<'a> {
    Line(Vec<u8>),
    File(&'a Path),
}

/// What a command line named.
struct Script {
    name: String,
    path: Option<PathBuf>,
    program: Program,
    arguments: Option<Vec<String>>,
}
