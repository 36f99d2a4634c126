//! `interface variables`: variables of the whole server.

use ringfence_sandbox::State;
use ringfence_switch::authority::inert;

use crate::{
    bindings::ringfence::call::{types::Failure, variables},
    failure::bounded,
    host::{Host, tell},
    permission::{acting_now, answered},
};

impl variables::Host for State<Host> {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        self.job().count();
        Ok(self.host.switch()?.variables().text(&name))
    }

    fn set(
        &mut self,
        name: String,
        value: Option<String>,
    ) -> wasmtime::Result<Result<(), Failure>> {
        self.job().count();
        tell(self, || {
            format!("freeswitch.setGlobalVariable({name:?}, {})", shown(value.as_deref()))
        });
        let switch = self.host.switch()?;
        let set = bounded("the name", &name)
            .and_then(|()| bounded("the value", value.as_deref().unwrap_or_default()))
            .and_then(|()| {
                // FreeSWITCH takes the edge off what would be expanded wherever the variable is used.
                let value = value.map(|value| inert(&value.replace("${", "%{")).into_owned());
                let set = acting_now(self, || switch.variables().set(&name, value.as_deref()));
                set.map_err(|refused| Failure::Invalid(refused.to_string()))
            });
        answered(self, set)
    }
}

/// A text or nil, as Lua writes them.
pub(crate) fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "nil".to_owned(), |value| format!("{value:?}"))
}
