//! `interface ivr`: menus that a script builds.

use ringfence_sandbox::State;
use ringfence_switch::ivr::{ACTIONS, Action, Entry, MAX_MENUS, Menu, Menus};

use crate::{
    bindings::ringfence::call::{ivr as interface, types::Failure},
    failure::bounded,
    host::{Host, tell},
    permission::{acting, answered},
    session::{Handle, session},
};

impl interface::Host for State<Host> {
    async fn run(
        &mut self,
        call: Handle,
        menus: Vec<interface::Menu>,
        name: String,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("ivr.run");
        tell(self, || format!("menu:execute(session, {name:?})"));
        let menus = match read(menus) {
            Ok(menus) => menus,
            Err(failure) => return Ok(Err(failure)),
        };
        let session = session(self, &call)?;
        let done = acting(self, async move { session.ivr(&menus, &name).await }).await;
        answered(self, done.map_err(Failure::from))
    }
}

/// The menus in the switch's words.
fn read(menus: Vec<interface::Menu>) -> Result<Menus, Failure> {
    let entries: usize = menus.iter().map(|menu| menu.entries.len()).sum();
    if menus.len() + entries > MAX_MENUS {
        let why = format!("at most {MAX_MENUS} menus and entries can be run together");
        return Err(Failure::Invalid(why));
    }
    menus.into_iter().map(menu).collect::<Result<Vec<Menu>, Failure>>().map(Menus::new)
}

fn menu(menu: interface::Menu) -> Result<Menu, Failure> {
    let texts = [
        &menu.name,
        &menu.greet_long,
        &menu.greet_short,
        &menu.invalid_sound,
        &menu.exit_sound,
        &menu.transfer_sound,
        &menu.confirm_macro,
        &menu.confirm_key,
        &menu.tts_engine,
        &menu.tts_voice,
    ];
    texts.into_iter().try_for_each(|text| bounded("a text of a menu", text))?;
    let own = Menu::default();
    let or = |number: u32, own: u32| if number == 0 { own } else { number };
    Ok(Menu {
        name: menu.name,
        greet_long: menu.greet_long,
        greet_short: menu.greet_short,
        invalid_sound: menu.invalid_sound,
        exit_sound: menu.exit_sound,
        transfer_sound: menu.transfer_sound,
        confirm_macro: menu.confirm_macro,
        confirm_key: if menu.confirm_key.is_empty() { own.confirm_key } else { menu.confirm_key },
        confirm_attempts: or(menu.confirm_attempts, own.confirm_attempts),
        tts_engine: menu.tts_engine,
        tts_voice: menu.tts_voice,
        timeout: or(menu.timeout, own.timeout),
        inter_digit_timeout: or(menu.inter_digit_timeout, own.inter_digit_timeout),
        digit_len: or(menu.digit_len, own.digit_len),
        max_failures: or(menu.max_failures, own.max_failures),
        max_timeouts: or(menu.max_timeouts, own.max_timeouts),
        entries: menu.entries.into_iter().map(entry).collect::<Result<_, _>>()?,
        ..Menu::default()
    })
}

fn entry(entry: interface::Entry) -> Result<Entry, Failure> {
    let interface::Entry { action, digits, argument } = entry;
    bounded("the digits", &digits)?;
    bounded("the argument", &argument)?;
    let action = Action::parse(&action).ok_or_else(|| {
        let all: Vec<&str> = ACTIONS.iter().map(|(name, _)| *name).collect();
        Failure::Invalid(format!("no action {action:?}; there are {}", all.join(", ")))
    })?;
    Ok(Entry { action, digits, argument })
}
