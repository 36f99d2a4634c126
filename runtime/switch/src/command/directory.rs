//! What the directory says: `user_exists`, `user_data`, `domain_exists` …
//!
//! The handlers of the section are asked first, then the files.

use super::{Command, CommandContext};
use crate::lookup::Found;
use crate::originate::group::{self, Named, Turns};
use crate::switch::Switch;
use crate::xml::Element;

/// The table entries.
pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "user_exists",
            "<key> <user> <domain>",
            "Whether the directory has a user",
            "Answers `true` or `false`. The key is the attribute that names the user: `id`, `number-alias` \
             …; an `id` also finds a `number-alias`.",
            user_exists,
        ),
        Command::new(
            "user_data",
            "<user>@<domain> [var|param|attr] <name>",
            "What the directory says of a user",
            "Answers a variable, a param or an attribute; variables and params of the user's group and domain \
             hold unless the user sets them. What is not there answers nothing.",
            user_data,
        ),
        Command::new(
            "domain_exists",
            "<domain>",
            "Whether the directory has a domain",
            "Answers `true` or `false`.",
            domain_exists,
        ),
        Command::new(
            "domain_data",
            "<domain> [var|param|attr] <name>",
            "What the directory says of a domain",
            "Answers a variable, a param or an attribute of the domain; nothing when it has none.",
            domain_data,
        ),
        Command::new(
            "in_group",
            "<user>[@<domain>] <group_name>",
            "Whether a user is in a group of the directory",
            "Answers `true` or `false`. The domain is the global variable `domain` unless it is named.",
            in_group,
        ),
        Command::new(
            "group_call",
            "<group>[@<domain>][+F|+A|+E]",
            "A dial string of all users of a group",
            "Answers the users' `dial-string`s, or `group-dial-string`s, with `${dialed_user}` replaced: to be \
             called all at once (`+A`, or nothing), one after the other (`+F`), or each on its own (`+E`). \
             `error/NO_ROUTE_DESTINATION` when there is nobody. Users that a handler with few rights answered are \
             `user/<id>@<domain>`, so that they are called with its rights.",
            group_call,
        ),
    ]
}

async fn user_exists(context: CommandContext, arguments: String) -> String {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let [key, user, domain] = words.as_slice() else { return "false".to_owned() };
    let found = context.switch.find_user_by(key, user, domain, |_| {}).await;
    found.is_some().to_string()
}

async fn user_data(context: CommandContext, arguments: String) -> String {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let [who, kind, name] = words.as_slice() else { return String::new() };
    let (user, domain) = who.split_once('@').map_or_else(
        || ((*who).to_owned(), usual_domain(&context.switch)),
        |(user, domain)| (user.to_owned(), domain.to_owned()),
    );
    let Some(user) = context.switch.find_user(&user, &domain, |_| {}).await else {
        return String::new();
    };
    let value = match Kind::read(kind) {
        Some(Kind::Attribute) => user.attribute(name),
        Some(Kind::Param) => user.param(name),
        Some(Kind::Variable) => user.variable(name),
        None => None,
    };
    value.unwrap_or_default().to_owned()
}

async fn domain_exists(context: CommandContext, arguments: String) -> String {
    let name = arguments.trim();
    if name.is_empty() {
        return String::new();
    }
    domain(&context.switch, name).await.is_some().to_string()
}

async fn domain_data(context: CommandContext, arguments: String) -> String {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let [name, kind, wanted] = words.as_slice() else { return String::new() };
    let Some(domain) = domain(&context.switch, name).await else { return String::new() };
    let listed = |list: &str, entry: &str| {
        let lists = domain.children.iter().filter(|child| child.name == list);
        let mut entries = lists.flat_map(|list| &list.children).filter(|one| one.name == entry);
        let named = |one: &&Element| {
            one.attribute("name").is_some_and(|known| known.eq_ignore_ascii_case(wanted))
        };
        entries.find(named).and_then(|one| one.attribute("value")).map(str::to_owned)
    };
    let value = match Kind::read(kind) {
        Some(Kind::Attribute) => domain.attribute(wanted).map(str::to_owned),
        Some(Kind::Param) => listed("params", "param"),
        Some(Kind::Variable) => listed("variables", "variable"),
        None => None,
    };
    value.unwrap_or_default()
}

async fn in_group(context: CommandContext, arguments: String) -> String {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let [who, group] = words.as_slice() else { return "false".to_owned() };
    let usual = usual_domain(&context.switch);
    let (user, domain) = who.split_once('@').unwrap_or((who, &usual));
    let found = context.switch.find_user(user, domain, |_| {}).await;
    found.is_some_and(|user| user.in_group(group)).to_string()
}

async fn group_call(context: CommandContext, arguments: String) -> String {
    let nobody = || "error/NO_ROUTE_DESTINATION".to_owned();
    let Named { group, domain, turns } = Named::parse(&arguments);
    let usual = usual_domain(&context.switch);
    let domain = domain.unwrap_or(&usual);
    let separator = match turns {
        Turns::InTurn => "|",
        Turns::Alone => ":_:",
        Turns::Together => ",",
    };
    let users = group::users(&context.switch, group, domain).await;
    let called: Vec<String> = users
        .iter()
        .filter_map(|(user, string)| {
            let id = user.attribute("id").unwrap_or_default();
            if user.domain().authority().is_none() {
                return Some(
                    string.replace("${dialed_user}", id).replace("${dialed_domain}", domain),
                );
            }
            // The text is called by somebody else; looked up again, it has the rights of the script.
            let plain = |text: &str| {
                text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte))
            };
            (plain(id) && plain(domain)).then(|| format!("user/{id}@{domain}"))
        })
        .collect();
    if called.is_empty() { nobody() } else { called.join(separator) }
}

async fn domain(switch: &Switch, name: &str) -> Option<Found> {
    let mut params = switch.request_params();
    params.set("domain", name);
    switch.find_domain(name, params).await
}

/// The domain of users that are named without one.
fn usual_domain(switch: &Switch) -> String {
    switch.variables().text("domain").unwrap_or_default()
}

enum Kind {
    Attribute,
    Param,
    Variable,
}

impl Kind {
    /// FreeSWITCH looks at the word's beginning: `par`, `params`; of variables at all of it.
    fn read(text: &str) -> Option<Self> {
        match text {
            "attr" => Some(Self::Attribute),
            "var" => Some(Self::Variable),
            _ if text.starts_with("par") => Some(Self::Param),
            _ => None,
        }
    }
}
