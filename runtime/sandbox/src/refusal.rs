//! Why a run was not started.

/// Why a run was not started; [`name`](Self::name) is stable, `Display` is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// All slots stayed taken.
    #[error("capacity: all {instances} guests are running; try again later")]
    Capacity {
        /// How many may live at the same time.
        instances: u32,
    },
    /// The sandbox takes no new runs.
    #[error("closed: no more scripts are started")]
    Closed,
    /// As many of this script run as its profile allows ([`Profile::of_script`]).
    ///
    /// [`Profile::of_script`]: crate::Profile::of_script
    #[error("script-instances: {limit} runs of '{script}' live already")]
    ScriptInstances {
        /// The script.
        script: String,
        /// The limit.
        limit: u32,
    },
    /// As many run for this owner as the profile allows ([`Profile::of_owner`]).
    ///
    /// [`Profile::of_owner`]: crate::Profile::of_owner
    #[error("owner-instances: {limit} scripts run for {owner} already")]
    OwnerInstances {
        /// The owner.
        owner: String,
        /// The limit.
        limit: u32,
    },
    /// Too many runs within each other ([`Profile::nested`]).
    ///
    /// [`Profile::nested`]: crate::Profile::nested
    #[error("nested-limit: {limit} scripts run within each other already")]
    Nested {
        /// The limit.
        limit: u32,
    },
    /// The run that starts it is being ended itself.
    #[error("ending: the script that starts it is being ended")]
    ParentEnding,
    /// The guest cannot be made ready for an engine that counts fuel.
    #[error("start-failed: {why}")]
    StartFailed {
        /// Why.
        why: String,
    },
}

impl Refusal {
    /// The stable name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Capacity { .. } => "capacity",
            Self::Closed => "closed",
            Self::ScriptInstances { .. } => "script-instances",
            Self::OwnerInstances { .. } => "owner-instances",
            Self::Nested { .. } => "nested-limit",
            Self::ParentEnding => "ending",
            Self::StartFailed { .. } => "start-failed",
        }
    }
}

/// A run that was not started, and what was to be lent to it.
#[derive(Debug)]
pub struct StartRefused<T> {
    /// Why.
    pub why: Refusal,
    /// What [`Run::host`](crate::Run::host) was.
    pub host: T,
}
