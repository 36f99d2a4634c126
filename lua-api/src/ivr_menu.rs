//! `freeswitch.IVRMenu`: a menu that the script builds.

use crate::function::{
    Class,
    Kind::{ConstText, Int, IvrMenu, SessionGiven},
    need, row,
};

/// A menu.
pub(crate) const IVR_MENU: Class = Class {
    name: "IVRMenu",
    c_type: "IVRMenu *",
    constructor: Some(row(
        &["IVRMenu"],
        "IVRMenu::IVRMenu",
        &[
            need("main", IvrMenu),
            need("name", ConstText),
            need("greet_long", ConstText),
            need("greet_short", ConstText),
            need("invalid_sound", ConstText),
            need("exit_sound", ConstText),
            need("transfer_sound", ConstText),
            need("confirm_macro", ConstText),
            need("confirm_key", ConstText),
            need("tts_engine", ConstText),
            need("tts_voice", ConstText),
            need("confirm_attempts", Int),
            need("inter_timeout", Int),
            need("digit_len", Int),
            need("timeout", Int),
            need("max_failures", Int),
            need("max_timeouts", Int),
        ],
        "freeswitch.IVRMenu",
        "A menu; below another one when `main` is given.",
    )),
    methods: &[
        row(
            &["bindAction"],
            "IVRMenu::bindAction",
            &[need("action", ConstText), need("argument", ConstText), need("bind", ConstText)],
            "",
            "What a key, or digits that match `/pattern/`, do: `menu-exit`, `menu-sub`, `menu-exec-app`, \
             `menu-play-sound`, `menu-back`, `menu-top`.",
        ),
        row(
            &["execute"],
            "IVRMenu::execute",
            &[need("session", SessionGiven), need("name", ConstText)],
            "",
            "Runs the menu of that name on a call until it is left.",
        )
        .permission("application")
        .waits(),
    ],
    fields: &[],
    summary: "A menu of keys, built by the script.",
};
