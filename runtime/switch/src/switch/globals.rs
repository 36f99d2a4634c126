//! Global variables.

use parking_lot::RwLock;

use crate::authority;
use crate::event::Core;
use crate::variable::{Refused, Variables};

/// The variables of the whole server; read and set from any thread.
#[derive(Debug, Default)]
pub struct Globals(RwLock<Variables>);

impl Globals {
    pub(super) fn new(variables: Variables) -> Self {
        Self(RwLock::new(variables))
    }

    /// Sets what FreeSWITCH's scripts expect to know of the server, unless the configuration has.
    pub(super) fn introduce(&self, core: &Core) {
        let mut variables = self.0.write();
        for (name, value) in [
            ("hostname", core.hostname.clone()),
            ("switchname", core.switchname.clone()),
            ("core_uuid", core.uuid.clone()),
            ("local_ip_v4", core.ipv4.to_string()),
            ("local_ip_v6", core.ipv6.to_string()),
        ] {
            if variables.value(name).is_none() {
                // A name of ours.
                let _ = variables.set(name, value);
            }
        }
    }

    /// The value of that name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.read().text(name).map(|value| value.into_owned())
    }

    /// Sets a variable; none removes it.
    ///
    /// # Errors
    ///
    /// Without a name, for a list element past the limit, when there is no room for more, and when
    /// the script that asked has no permission.
    pub fn set(&self, name: &str, value: Option<&str>) -> Result<(), Refused> {
        authority::global_variable(name).map_err(|_| Refused::NotPermitted)?;
        let mut variables = self.0.write();
        match value {
            Some(value) => variables.set_bounded(name, value),
            None if name.is_empty() => Err(Refused::NoName),
            None => {
                variables.remove(name);
                Ok(())
            }
        }
    }

    /// A copy of all.
    #[must_use]
    pub fn all(&self) -> Variables {
        self.0.read().clone()
    }

    /// Sets what a reloaded configuration sets; what scripts have set besides stays.
    pub(super) fn merge(&self, loaded: &Variables) {
        let mut variables = self.0.write();
        for (name, value) in loaded.iter() {
            // It was a variable there, so its name is one.
            let _ = variables.set(name, value.text().into_owned());
        }
    }
}
