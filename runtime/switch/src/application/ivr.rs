//! `ivr`.

use crate::application::{Application, Flags};
use crate::event::Event;
use crate::ivr::Menus;
use crate::lookup::Section;
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "ivr",
        "<menu_name>",
        "Run an ivr menu",
        "Runs a menu of autoload_configs/ivr.conf.xml: plays its greeting, collects keys, and does what its \
         entries say: `menu-exec-app`, `menu-sub`, `menu-play-sound`, `menu-back`, `menu-top`, `menu-exit`. \
         `digits=\"/pattern/\"` takes all keys that match; `$1` in `param` is what its group took. The menu \
         ends after `max-failures` inputs that no entry matches, or `max-timeouts` without any, and runs \
         `exec-on-max-failures` or `exec-on-max-timeouts`. Sounds may be `phrase:macro:data` and \
         `say:text`.\n\nThe configuration is asked for at each call, so XML handlers may answer it \
         (`Menu-Name` says which menu).",
        Flags::NONE,
        ivr,
    )]
}

async fn ivr(session: Session, data: String) -> Result<(), Failure> {
    let name = data.trim();
    if name.is_empty() {
        return Err(Failure::Invalid("ivr: <menu_name>".into()));
    }
    let switch = session.switch();
    let mut params: Event = switch.request_params();
    session.describe(&mut params);
    params.set("Menu-Name", name);
    let found =
        switch.lookup(Section::Configuration, "configuration", "name", "ivr.conf", params).await;
    let mut faults = Vec::new();
    let menus = found.map(|found| Menus::read(&found, &mut faults)).unwrap_or_default();
    if menus.find(name).is_none() {
        // `ringfence check` tells of them; here they may be the reason.
        faults.iter().for_each(|fault| tracing::warn!(call = %session.uuid(), "{fault}"));
    }
    session.ivr(&menus, name).await
}
