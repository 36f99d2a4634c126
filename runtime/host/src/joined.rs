//! `resource joined` of `interface calls`: a bridge whose keys the guest hears.

use futures_util::future::BoxFuture;
use ringfence_sandbox::{Handle as Kind, OpenHandle, State};
use ringfence_switch::{self as switch, Overhearing};
use wasmtime::component::Resource;

use crate::{
    bindings::ringfence::call::{
        calls::{HostJoined, Pressed},
        types::{Dtmf, Failure},
    },
    host::{Host, tell},
    permission::{acting, answered},
    session::{Handle, session},
};

/// A bridge of the guest's.
#[expect(unreachable_pub, reason = "the generated bindings export it")]
pub struct Joined {
    bridge: BoxFuture<'static, Result<(), switch::Failure>>,
    keys: [Overhearing; 2],
    _open: OpenHandle,
}

impl HostJoined for State<Host> {
    fn start(
        &mut self,
        a: Handle,
        b: Handle,
    ) -> wasmtime::Result<Result<Resource<Joined>, Failure>> {
        self.job().count();
        let (a, b) = (session(self, &a)?, session(self, &b)?);
        tell(self, || format!("freeswitch.bridge({}, {})", a.uuid(), b.uuid()));
        if let Some(authority) = &self.host.authority
            && let Err(refused) = authority.application("bridge")
        {
            return answered(self, Err(refused.into()));
        }
        let open = match self.job().open(Kind::Call) {
            Ok(open) => open,
            Err(reached) => return Ok(Err(Failure::Failed(reached.to_string()))),
        };
        let keys = [a.overhear(), b.overhear()];
        let bridge = Box::pin(acting(self, async move { a.bridge(&b).await }));
        Ok(Ok(self.table.push(Joined { bridge, keys, _open: open })?))
    }

    async fn next(
        &mut self,
        handle: Resource<Joined>,
    ) -> wasmtime::Result<Result<Option<Pressed>, Failure>> {
        let _waiting = self.job().enter("calls.joined.next");
        let Joined { bridge, keys: [first, second], .. } = self.table.get_mut(&handle)?;
        let (key, second) = tokio::select! {
            biased;
            key = first.next() => (key, false),
            key = second.next() => (key, true),
            ended = bridge => {
                // It must not be asked again.
                self.table.get_mut(&handle)?.bridge = Box::pin(async { Ok(()) });
                return answered(self, ended.map(|()| None).map_err(Failure::from));
            }
        };
        let key = Dtmf { digit: key.digit, duration: key.duration };
        Ok(Ok(Some(Pressed { key, second })))
    }

    fn drop(&mut self, handle: Resource<Joined>) -> wasmtime::Result<()> {
        self.job().count();
        self.table.delete(handle)?;
        Ok(())
    }
}
