//! What FreeSWITCH's wrapper exposes of its inside. The hangup hook is all of it that scripts can use.

use crate::{
    class::Bindings,
    hook,
    native::{Answer, Reply},
    session::{Call, Method},
};

pub(super) const METHODS: Bindings<Method> = &[
    ("begin_allow_threads", threads),
    ("end_allow_threads", threads),
    ("check_hangup_hook", |call| {
        hook::check(call)?;
        Ok(Answer::Nothing)
    }),
    ("setPrivate", |_| Ok(Answer::Nothing)),
    ("getPrivate", |_| Ok(Answer::Nil)),
    ("setDTMFCallback", |_| Ok(Answer::Nothing)),
    ("process_callback_result", |_| Ok(Answer::Nil)),
    ("run_dtmf_callback", |_| Ok(Answer::Nil)),
    ("get_cb_args", |_| Ok(Answer::Nil)),
    ("setLUA", |_| Ok(Answer::Nothing)),
];

fn threads(call: &Call<'_>) -> Reply {
    hook::check(call)?;
    Ok(Answer::Flag(true))
}
