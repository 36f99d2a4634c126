//! From XML to compiled rules; what is broken is told with its line.

use std::sync::Arc;

use super::hunt::MAX_ACTIONS;
use super::rule::{
    Break, Condition, Expression, Extension, Field, FieldTest, Mode, Rule, Step, Test,
};
use super::time::TimeRule;
use super::{Context, Dialplan};
use crate::expand;
use crate::profile::CallerProfile;
use crate::regex::Pattern;
use crate::variable::{integer, is_true};
use crate::xml::{Element, Fault};

/// How deep conditions may be nested; deeper ones are left out, with a fault. FreeSWITCH's limit.
pub const MAX_NESTING: usize = 100;

pub(super) fn dialplan(section: &Element, faults: &mut Vec<Fault>) -> Dialplan {
    let mut dialplan = Dialplan::default();
    for child in &section.children {
        if child.name != "context" {
            faults.push(Fault::warning(
                child.place.clone(),
                format!("<{}> is ignored: a dialplan holds <context> only", child.name),
            ));
            continue;
        }
        let Some(name) = child.attribute("name").filter(|name| !name.is_empty()) else {
            faults.push(Fault::error(child.place.clone(), "a <context> needs a name"));
            continue;
        };
        let context = context(name, child, faults);
        let key = name.to_ascii_lowercase();
        if let Some(first) = dialplan.contexts.get(&key) {
            faults.push(Fault::warning(
                child.place.clone(),
                format!(
                    "a second context named {name} is never asked; the first is {}",
                    first.place
                ),
            ));
            continue;
        }
        dialplan.contexts.insert(key, Arc::new(context));
    }
    dialplan
}

fn context(name: &str, element: &Element, faults: &mut Vec<Fault>) -> Context {
    let mut extensions = Vec::new();
    for child in &element.children {
        if child.name == "extension" {
            extensions.push(extension(child, faults));
        } else {
            faults.push(Fault::warning(
                child.place.clone(),
                format!("<{}> is ignored: a <context> holds <extension> only", child.name),
            ));
        }
    }
    Context { name: name.to_owned(), place: element.place.clone(), extensions }
}

fn extension(element: &Element, faults: &mut Vec<Fault>) -> Extension {
    known_attributes(element, &["name", "continue", "enabled", "uuid", "app_uuid"], faults);
    for child in element.children.iter().filter(|child| child.name != "condition") {
        faults.push(Fault::warning(
            child.place.clone(),
            format!("<{}> is ignored: an <extension> holds <condition> only", child.name),
        ));
    }
    Extension {
        name: element.attribute("name").unwrap_or("UNKNOWN").into(),
        continues: element.attribute("continue").is_some_and(is_true),
        conditions: element
            .children_named("condition")
            .map(|child| condition(child, 0, faults))
            .collect(),
    }
}

fn condition(element: &Element, depth: usize, faults: &mut Vec<Fault>) -> Condition {
    let mut known = vec!["field", "expression", "break", "regex", "require-nested"];
    known.extend(TimeRule::ATTRIBUTES);
    known_attributes(element, &known, faults);
    let breaks = match element.attribute("break").map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "on-false") => Break::OnFalse,
        Some("on-true") => Break::OnTrue,
        Some("always") => Break::Always,
        Some("never") => Break::Never,
        Some(other) => {
            faults.push(Fault::warning(
                element.place.clone(),
                format!("break=\"{other}\" is unknown and on-false holds; there are on-false, on-true, always and never"),
            ));
            Break::OnFalse
        }
    };
    let mut nested = Vec::new();
    let mut rules = Vec::new();
    let (mut actions, mut anti_actions) = (Vec::new(), Vec::new());
    for child in &element.children {
        match child.name.as_str() {
            "action" => actions.push(step(child, faults)),
            "anti-action" => anti_actions.push(step(child, faults)),
            "regex" if element.attribute("regex").is_some() => rules.push(rule(child, faults)),
            "condition" if depth < MAX_NESTING => nested.push(condition(child, depth + 1, faults)),
            "condition" => {
                let message = format!("conditions are nested deeper than {MAX_NESTING}");
                let fault = Fault::error(child.place.clone(), message);
                faults.push(fault.so("this one is left out"));
            }
            "expression" => {}
            other => faults.push(Fault::warning(
                child.place.clone(),
                format!("<{other}> is ignored: a <condition> holds <action>, <anti-action>, <condition>, <expression> and, with the attribute regex, <regex>"),
            )),
        }
    }
    Condition {
        time: TimeRule::read(element, faults),
        test: test(element, rules, faults),
        breaks,
        actions,
        anti_actions,
        nested,
        require_nested: element.attribute("require-nested").is_none_or(is_true),
        place: element.place.clone(),
    }
}

fn test(element: &Element, rules: Vec<Rule>, faults: &mut Vec<Fault>) -> Test {
    let Some(mode) = element.attribute("regex") else {
        return field_test(element, faults).map_or(Test::Always, Test::Field);
    };
    let mode = match mode.to_ascii_lowercase().as_str() {
        "all" => Mode::All,
        "any" => Mode::Any,
        "xor" => Mode::Xor,
        _ => {
            faults.push(Fault::warning(
                element.place.clone(),
                format!("regex=\"{mode}\" is unknown and any holds; there are all, any and xor"),
            ));
            Mode::Any
        }
    };
    if element.attribute("field").is_some() {
        faults.push(Fault::warning(
            element.place.clone(),
            "field is ignored on a condition with regex; write it as a <regex> within",
        ));
    }
    Test::Rules(mode, rules)
}

fn rule(element: &Element, faults: &mut Vec<Fault>) -> Rule {
    Rule {
        time: TimeRule::read(element, faults),
        test: field_test(element, faults),
        place: element.place.clone(),
    }
}

fn field_test(element: &Element, faults: &mut Vec<Fault>) -> Option<FieldTest> {
    let field = element.attribute("field")?;
    let field = if field.contains('$') {
        Field::Text(field.to_owned())
    } else {
        if CallerProfile::default().field(field).is_none() && !field.is_empty() {
            faults.push(Fault::warning(
                element.place.clone(),
                format!("no caller profile has a field {field}, so it is empty; a variable is written ${{{field}}}"),
            ));
        }
        Field::Name(field.to_owned())
    };
    let text = match element.child("expression") {
        Some(child) => child.text.as_str(),
        None => element.attribute("expression").unwrap_or_default(),
    };
    Some(FieldTest { field, expression: expression(text, element, faults) })
}

fn expression(text: &str, element: &Element, faults: &mut Vec<Fault>) -> Expression {
    if expand::has_variable(text) {
        return Expression::Text(text.to_owned());
    }
    // Escapes are undone once, here.
    match Pattern::compile(&expand::expand_now(text, &Nothing)) {
        Ok(pattern) => Expression::Fixed(pattern),
        Err(error) => {
            let fault = Fault::error(element.place.clone(), error.to_string());
            faults.push(fault.so("it matches nothing"));
            Expression::Broken
        }
    }
}

/// A scope without any variable.
struct Nothing;

impl expand::Scope for Nothing {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
    fn element(&self, _: &str, _: usize) -> Option<String> {
        None
    }
    fn global(&self, _: &str) -> Option<String> {
        None
    }
    fn api<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
    ) -> futures_util::future::BoxFuture<'a, Option<String>> {
        Box::pin(std::future::ready(None))
    }
}

fn step(element: &Element, faults: &mut Vec<Fault>) -> Step {
    known_attributes(element, &["application", "data", "inline", "loop"], faults);
    let application = element.attribute("application").unwrap_or_default();
    if application.is_empty() {
        let message = format!("<{}> has no application", element.name);
        let fault = Fault::error(element.place.clone(), message);
        faults.push(fault.so("a call that comes here is hung up"));
    }
    let repeat = match element.attribute("loop") {
        None => 1,
        Some(text) => {
            let count = usize::try_from(integer(text)).unwrap_or(0);
            if count == 0 || count > MAX_ACTIONS {
                faults.push(Fault::warning(
                    element.place.clone(),
                    format!("loop=\"{text}\": an action is repeated 1 to {MAX_ACTIONS} times"),
                ));
            }
            count.min(MAX_ACTIONS)
        }
    };
    Step {
        application: application.into(),
        data: element.content().or(element.attribute("data")).unwrap_or_default().to_owned(),
        inline: element.attribute("inline").is_some_and(is_true),
        repeat,
        place: element.place.clone(),
    }
}

fn known_attributes(element: &Element, known: &[&str], faults: &mut Vec<Fault>) {
    for (name, _) in &element.attributes {
        if !known.contains(&name.as_str()) {
            faults.push(Fault::warning(
                element.place.clone(),
                format!("<{}> has no attribute {name}; it is ignored", element.name),
            ));
        }
    }
}
