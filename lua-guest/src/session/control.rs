//! The call itself: answering, hanging up, transferring, running applications.

use crate::{
    bindings::ringfence::call::types::Failure,
    class::Bindings,
    hook, level,
    native::{Answer, Reply},
    session::{Call, Method},
};

pub(super) const METHODS: Bindings<Method> = &[
    ("answer", answer),
    ("preAnswer", pre_answer),
    ("hangup", hangup),
    // A hangup is whole when it is done.
    ("hangupState", |_| Ok(Answer::Nothing)),
    ("getState", |call| Ok(Answer::Text(call.handle()?.state()))),
    ("ready", ready),
    ("answered", |call| Ok(Answer::Flag(call.handle()?.answered()))),
    ("bridged", |call| Ok(Answer::Flag(call.handle()?.bridged()))),
    ("mediaReady", |call| Ok(Answer::Flag(call.handle()?.media_ready()))),
    ("transfer", transfer),
    ("execute", execute),
];

fn answer(call: &Call<'_>) -> Reply {
    let result = call.act(|handle| handle.answer())?;
    succeeded(call, "answer", result)
}

fn pre_answer(call: &Call<'_>) -> Reply {
    let result = call.act(|handle| handle.pre_answer())?;
    succeeded(call, "preAnswer", result)
}

/// 1, or 0 and a line in the log. A hangup is no news to the script; what its profile does not allow is
/// an error.
fn succeeded(call: &Call<'_>, what: &str, result: Result<(), Failure>) -> Reply {
    if let Err(failure) = &result
        && !matches!(failure, Failure::Hangup(_))
    {
        level::failed(call.lua, &format!("session:{what}"), failure)?;
    }
    Ok(Answer::success(result.is_ok()))
}

fn hangup(call: &Call<'_>) -> Reply {
    let cause = match call.arguments.text_or_empty(0) {
        "" => "NORMAL_CLEARING",
        cause => cause,
    };
    call.act(|handle| handle.hangup(cause))?;
    Ok(Answer::Nothing)
}

/// Runs the hangup hook, so that a loop over `ready` notices.
fn ready(call: &Call<'_>) -> Reply {
    hook::check(call)?;
    Ok(Answer::Flag(call.handle()?.ready()))
}

fn transfer(call: &Call<'_>) -> Reply {
    let arguments = call.arguments;
    let given = |index| arguments.text(index).filter(|text| !text.is_empty());
    let extension = arguments.text_or_empty(0);
    let result = call.act(|handle| handle.transfer(extension, given(1), given(2)))?;
    succeeded(call, "transfer", result)
}

/// Errors are logged and not raised: the application's result is in the channel's variables. What the
/// profile does not allow is raised.
fn execute(call: &Call<'_>) -> Reply {
    let application = call.arguments.text_or_empty(0);
    if application.is_empty() {
        level::error(call.lua, "No application specified");
        return Ok(Answer::Nothing);
    }
    let data = call.arguments.text_or_empty(1);
    match call.act(|handle| handle.execute(application, data))? {
        Ok(()) | Err(Failure::Hangup(_)) => {}
        Err(failure) => {
            level::failed(call.lua, &format!("execute {application}"), &failure)?;
        }
    }
    Ok(Answer::Nothing)
}
