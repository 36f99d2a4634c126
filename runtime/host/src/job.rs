//! `interface job`: this run.

use ringfence_sandbox::State;

use crate::{bindings::ringfence::call::job, host::Host, launch::MAX_OUTPUT};

impl job::Host for State<Host> {
    fn at(&mut self, source: u32, line: u32) -> wasmtime::Result<()> {
        self.job().at(source, line);
        Ok(())
    }

    fn register_source(&mut self, name: String) -> wasmtime::Result<u32> {
        Ok(self.job().register_source(&name))
    }

    fn output(&mut self, data: Vec<u8>) -> wasmtime::Result<Result<(), String>> {
        self.job().count();
        let Some(output) = &mut self.host.output else {
            return Ok(Err("nobody reads the output of this script".to_owned()));
        };
        if output.len().saturating_add(data.len()) > MAX_OUTPUT {
            return Ok(Err(format!("the output is full: at most {MAX_OUTPUT} bytes")));
        }
        output.extend_from_slice(&data);
        Ok(Ok(()))
    }

    fn exiting(&mut self, code: i32) -> wasmtime::Result<()> {
        self.job().exiting(code);
        Ok(())
    }
}
