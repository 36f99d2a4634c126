//! The call itself: answering, hanging up, transferring, running applications.

use crate::{
    bindings::ringfence::call::types::Failure,
    hook, level,
    native::{Answer, Refusal, Reply},
    place,
    session::Call,
};

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let result = call.act(|handle| handle.answer())?;
    succeeded(call, "answer", result)
}

pub(super) fn pre_answer(call: &Call<'_>) -> Reply {
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

pub(super) fn hangup(call: &Call<'_>) -> Reply {
    let cause = match call.arguments.text_or_empty(0) {
        "" => "NORMAL_CLEARING",
        cause => cause,
    };
    call.act(|handle| handle.hangup(cause))?;
    Ok(Answer::Nothing)
}

/// FreeSWITCH answers with the cause of the object's own `originate`, which this call never had.
pub(super) fn hangup_cause(_: &Call<'_>) -> Reply {
    Ok(Answer::Text("NONE".to_owned()))
}

pub(super) fn state(call: &Call<'_>) -> Reply {
    Ok(Answer::Text(call.session.handle.state()))
}

/// Runs the hangup hook, so that a loop over `ready` notices.
pub(super) fn ready(call: &Call<'_>) -> Reply {
    hook::check(call)?;
    Ok(Answer::Flag(call.session.handle.ready()))
}

pub(super) fn answered(call: &Call<'_>) -> Reply {
    Ok(Answer::Flag(call.session.handle.answered()))
}

pub(super) fn bridged(call: &Call<'_>) -> Reply {
    Ok(Answer::Flag(call.session.handle.bridged()))
}

pub(super) fn media_ready(call: &Call<'_>) -> Reply {
    Ok(Answer::Flag(call.session.handle.media_ready()))
}

pub(super) fn uuid(call: &Call<'_>) -> Reply {
    Ok(Answer::Text(call.session.handle.uuid()))
}

pub(super) fn transfer(call: &Call<'_>) -> Reply {
    let arguments = call.arguments;
    let given = |index| arguments.text(index).filter(|text| !text.is_empty());
    let extension = arguments.text_or_empty(0);
    let result = call.act(|handle| handle.transfer(extension, given(1), given(2)))?;
    succeeded(call, "transfer", result)
}

/// Errors are logged and not raised: the application's result is in the channel's variables. What the
/// profile does not allow is raised.
pub(super) fn execute(call: &Call<'_>) -> Reply {
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

pub(super) fn auto_hangup(call: &Call<'_>) -> Reply {
    place::tell(call.lua);
    call.session.handle.set_auto_hangup(call.arguments.flag(0));
    Ok(Answer::Int(0))
}

/// With a text: raises it, which scripts use to leave.
pub(super) fn destroy(call: &Call<'_>) -> Reply {
    call.session.destroyed.set(true);
    match call.arguments.text_or_empty(0) {
        "" => Ok(Answer::Nothing),
        text => Err(Refusal::bare(text.to_owned())),
    }
}
