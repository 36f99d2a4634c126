//! `interface shell`: commands of scripts.

use std::time::Duration;

use ringfence_outside::command::{Child, Command, Ended, Fault};
use ringfence_sandbox::{Handle, OpenHandle, State};
use ringfence_switch::outside::{self, COMMAND_TIME};
use wasmtime::component::Resource;

use crate::{
    bindings::ringfence::call::{
        shell::{self as interface, HostProcess},
        types::Failure,
    },
    failure::bounded,
    host::{Host, MAX_TEXT, tell},
    permission::{acting_now, answered},
};

/// A handle of the guest to a command; the command is killed with it.
#[expect(unreachable_pub, reason = "the generated bindings export it")]
pub struct Process {
    child: Child,
    /// Its place among those that the profile allows.
    _open: OpenHandle,
}

type Rep = Resource<Process>;

impl interface::Host for State<Host> {
    async fn run(&mut self, line: String) -> wasmtime::Result<Result<interface::Ended, Failure>> {
        let _waiting = self.job().enter("shell.run");
        tell(self, || format!("os.execute({line:?})"));
        let outside = self.host.switch()?.outside().clone();
        let (command, _open) = match prepared(self, &line)? {
            Ok(prepared) => prepared,
            Err(failure) => return answered(self, Err(failure)),
        };
        Ok(command.run(&outside).await.map(ended).map_err(failed))
    }
}

impl HostProcess for State<Host> {
    async fn start(&mut self, line: String, write: bool) -> wasmtime::Result<Result<Rep, Failure>> {
        let _waiting = self.job().enter("shell.start");
        let mode = if write { "w" } else { "r" };
        tell(self, || format!("io.popen({line:?}, {mode:?})"));
        let outside = self.host.switch()?.outside().clone();
        let (command, open) = match prepared(self, &line)? {
            Ok(prepared) => prepared,
            Err(failure) => return answered(self, Err(failure)),
        };
        let started =
            if write { command.writer(&outside).await } else { command.reader(&outside).await };
        match started {
            Ok(child) => Ok(Ok(self.table.push(Process { child, _open: open })?)),
            Err(fault) => Ok(Err(failed(fault))),
        }
    }

    async fn read(&mut self, rep: Rep, most: u32) -> wasmtime::Result<Result<Vec<u8>, Failure>> {
        let _waiting = self.job().enter("shell.read");
        let child = self.table.get(&rep)?.child.clone();
        let most = usize::try_from(most).unwrap_or(MAX_TEXT);
        Ok(child.read(most).await.map_err(failed))
    }

    async fn write(&mut self, rep: Rep, data: Vec<u8>) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("shell.write");
        let child = self.table.get(&rep)?.child.clone();
        Ok(child.write(data).await.map_err(failed))
    }

    async fn close(&mut self, rep: Rep) -> wasmtime::Result<Result<interface::Ended, Failure>> {
        let _waiting = self.job().enter("shell.close");
        let child = self.table.get(&rep)?.child.clone();
        Ok(child.close().await.map(ended).map_err(failed))
    }

    fn drop(&mut self, rep: Rep) -> wasmtime::Result<()> {
        self.job().count();
        self.table.delete(rep)?;
        Ok(())
    }
}

/// A command that this script may run now, in the folder of scripts, and its place.
fn prepared(
    state: &mut State<Host>,
    line: &str,
) -> wasmtime::Result<Result<(Command, OpenHandle), Failure>> {
    if let Err(failure) = bounded("the command", line) {
        return Ok(Err(failure));
    }
    let job = state.job();
    let who = format!("{} {}", job.call().unwrap_or_default(), job.script()).trim().to_owned();
    let time: Duration = state.host.command_time.unwrap_or(COMMAND_TIME);
    let command = match acting_now(state, || outside::command(line, time, &who)) {
        Ok(command) => command,
        Err(failure) => return Ok(Err(failure.into())),
    };
    let folder = Some(state.host.switch()?.configuration().scripts());
    let open = match state.job().open(Handle::Command) {
        Ok(open) => open,
        Err(reached) => return Ok(Err(Failure::Failed(reached.to_string()))),
    };
    Ok(Ok((Command { folder, ..command }, open)))
}

fn ended(ended: Ended) -> interface::Ended {
    match ended {
        Ended::Code(code) => interface::Ended::Code(code),
        Ended::Signal(signal) => interface::Ended::Signal(signal),
    }
}

fn failed(fault: Fault) -> Failure {
    match fault {
        Fault::Start { .. } => Failure::NotFound(fault.to_string()),
        fault => Failure::Failed(fault.to_string()),
    }
}
