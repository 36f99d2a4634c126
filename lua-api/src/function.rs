//! What a row says, and how it is written.

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string, a number or nil. FreeSWITCH writes two C types in its messages.
    Text,
    /// The same, called `char const *`.
    ConstText,
    /// Bytes: as `Text`, but a NUL does not end it, and nothing is decoded. FreeSWITCH's C stops there.
    Bytes,
    /// The first character of a string.
    Char,
    /// A number, or a string that reads as one; cut to an integer.
    Int,
    /// The same and not negative.
    Unsigned,
    /// A boolean and nothing else.
    Flag,
    /// A session, or nil.
    Session,
    /// A session.
    SessionGiven,
    /// An event; nil reads as none.
    Event,
    /// A menu, or nil.
    IvrMenu,
    /// A table.
    Table,
    /// A function.
    Function,
    /// A C pointer, which scripts do not have: only nil.
    Pointer,
    /// A priority, which FreeSWITCH's wrapper takes as a C enum that scripts do not have.
    Priority,
    /// Anything.
    Any,
}

impl Kind {
    /// The C type in FreeSWITCH's messages.
    #[must_use]
    pub const fn c_type(self) -> &'static str {
        match self {
            Self::Text => "char *",
            Self::ConstText | Self::Bytes => "char const *",
            Self::Char => "char",
            Self::Int => "int",
            Self::Unsigned => "unsigned int",
            Self::Flag => "bool",
            Self::Session => "CoreSession *",
            Self::SessionGiven => "CoreSession &",
            Self::Event => "Event *",
            Self::IvrMenu => "IVRMenu *",
            Self::Table => "SWIGLUA_TABLE",
            Self::Function => "SWIGLUA_FN",
            Self::Pointer => "void *",
            Self::Priority => "switch_priority_t",
            Self::Any => "value",
        }
    }

    /// The type as LuaLS writes it, with what nil means left out.
    #[must_use]
    pub const fn lua_type(self) -> &'static str {
        match self {
            Self::Text | Self::ConstText | Self::Bytes | Self::Char => "string|number",
            Self::Int | Self::Unsigned => "integer",
            Self::Flag => "boolean",
            Self::Session | Self::SessionGiven => "freeswitch.Session",
            Self::Event => "freeswitch.Event",
            Self::IvrMenu => "freeswitch.IVRMenu",
            Self::Table => "table",
            Self::Function => "function",
            Self::Pointer => "nil",
            Self::Priority | Self::Any => "any",
        }
    }

    /// Whether nil may be given.
    #[must_use]
    pub const fn takes_nil(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::ConstText
                | Self::Bytes
                | Self::Session
                | Self::Event
                | Self::IvrMenu
                | Self::Pointer
                | Self::Any
        )
    }
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// For manuals and editors.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds when it is left out, as Lua writes it; none when it must be given.
    pub default: Option<&'static str>,
}

/// A parameter that must be given.
pub(crate) const fn need(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, default: None }
}

/// A parameter that may be left out.
pub(crate) const fn may(name: &'static str, kind: Kind, default: &'static str) -> Parameter {
    Parameter { name, kind, default: Some(default) }
}

/// The forms of a function that SWIG knows in several, which has one message for all that is wrong.
#[derive(Clone, Copy, Debug)]
pub struct Overloads {
    /// SWIG's name: `CoreSession_getDigits`.
    pub name: &'static str,
    /// The C prototypes, in SWIG's order.
    pub forms: &'static [&'static str],
    /// How many arguments must be given at least, the receiver not counted.
    pub least: usize,
}

/// What a method of a session answers after `destroy`, and when the object never had a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// No value.
    Nothing,
    /// Nil.
    Nil,
    /// This number.
    Int(i64),
    /// False.
    False,
    /// This text.
    Text(&'static str),
    /// What it answers otherwise: it does not need the call.
    Works,
}

/// A function or method.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its names in Lua; FreeSWITCH knows some under two.
    pub names: &'static [&'static str],
    /// As FreeSWITCH's messages name it: `CoreSession::setVariable`.
    pub c_name: &'static str,
    /// All parameters after the receiver.
    pub parameters: &'static [Parameter],
    /// Its forms, when it has several.
    pub overloads: Option<Overloads>,
    /// What it returns, as LuaLS writes types; empty for no value.
    pub returns: &'static str,
    /// What it answers once the object is destroyed.
    pub gone: Gone,
    /// Whether the script may wait in it; hangup hooks run there.
    pub waits: bool,
    /// What the profile must grant, as the permission is called; empty for nothing.
    pub permission: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// How it differs from FreeSWITCH, and why; empty when it does not.
    pub differs: &'static str,
    /// Whether FreeSWITCH does not have it.
    pub ours: bool,
}

/// A row; what most rows do not say is added by the methods below.
pub(crate) const fn row(
    names: &'static [&'static str],
    c_name: &'static str,
    parameters: &'static [Parameter],
    returns: &'static str,
    summary: &'static str,
) -> Function {
    Function {
        names,
        c_name,
        parameters,
        overloads: None,
        returns,
        gone: Gone::Nothing,
        waits: false,
        permission: "",
        summary,
        differs: "",
        ours: false,
    }
}

impl Function {
    pub(crate) const fn gone(mut self, gone: Gone) -> Self {
        self.gone = gone;
        self
    }

    pub(crate) const fn waits(mut self) -> Self {
        self.waits = true;
        self
    }

    pub(crate) const fn permission(mut self, permission: &'static str) -> Self {
        self.permission = permission;
        self
    }

    pub(crate) const fn differs(mut self, differs: &'static str) -> Self {
        self.differs = differs;
        self
    }

    pub(crate) const fn forms(
        mut self,
        name: &'static str,
        least: usize,
        forms: &'static [&'static str],
    ) -> Self {
        self.overloads = Some(Overloads { name, forms, least });
        self
    }

    /// How many arguments must be given, the receiver not counted.
    #[must_use]
    pub const fn required(&self) -> usize {
        if let Some(overloads) = &self.overloads {
            return overloads.least;
        }
        let mut count = 0;
        while count < self.parameters.len() && self.parameters[count].default.is_none() {
            count += 1;
        }
        count
    }

    /// Its first name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or(self.c_name)
    }
}

/// A field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type, as LuaLS writes it.
    pub lua_type: &'static str,
    /// What it holds, in a sentence.
    pub summary: &'static str,
}

/// A field that may be read.
pub(crate) const fn field(
    name: &'static str,
    lua_type: &'static str,
    summary: &'static str,
) -> Field {
    Field { name, lua_type, summary }
}

/// A class.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// Its name: `freeswitch.<name>`.
    pub name: &'static str,
    /// The C type of its objects in messages, and their `__name`: `LUA::Session *`.
    pub c_type: &'static str,
    /// What makes an object; none for classes that scripts cannot make.
    pub constructor: Option<Function>,
    /// Its methods.
    pub methods: &'static [Function],
    /// Its fields.
    pub fields: &'static [Field],
    /// What it is, in a sentence.
    pub summary: &'static str,
}

impl Class {
    /// The method of that name.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&'static Function> {
        self.methods.iter().find(|method| method.names.contains(&name))
    }
}
