//! `interface modules`: what `require` finds.

use std::sync::Arc;

use ringfence_sandbox::State;

use crate::{
    bindings::ringfence::call::{modules, script},
    host::Host,
};

impl script::Host for State<Host> {}

impl modules::Host for State<Host> {
    async fn find(
        &mut self,
        name: String,
        paths: Vec<String>,
    ) -> wasmtime::Result<Option<(u32, modules::Code)>> {
        let _waiting = self.job().enter("modules.find");
        let Some(pinned) = &self.host.version else { return Ok(None) };
        let version = Arc::clone(pinned.version());
        let Some((index, code)) = version.find(&name, paths).await else { return Ok(None) };
        let code = match code {
            Ok(code) => modules::Code::Compiled(code.to_vec()),
            Err(why) => modules::Code::Broken(why.to_string()),
        };
        Ok(Some((u32::try_from(index).unwrap_or(u32::MAX), code)))
    }
}
