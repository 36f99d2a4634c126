//! Extensions and conditions as they are compiled.

use std::sync::Arc;

use super::time::TimeRule;
use crate::regex::Pattern;
use crate::xml::Place;

/// An extension.
#[derive(Debug)]
pub(super) struct Extension {
    pub(super) name: Arc<str>,
    /// Keep hunting after a match.
    pub(super) continues: bool,
    pub(super) conditions: Vec<Condition>,
}

/// A condition with what it does.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) place: Place,
    pub(super) time: Option<TimeRule>,
    pub(super) test: Test,
    pub(super) breaks: Break,
    pub(super) actions: Vec<Step>,
    pub(super) anti_actions: Vec<Step>,
    /// Evaluated when this one passed and its break did not fire.
    pub(super) nested: Vec<Self>,
    /// The extension fails when the nested ones do.
    pub(super) require_nested: bool,
}

/// What a condition asks besides the time.
#[derive(Debug)]
pub(super) enum Test {
    /// Nothing.
    Always,
    Field(FieldTest),
    Rules(Mode, Vec<Rule>),
}

/// How many rules of a condition must pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    All,
    Any,
    Xor,
}

/// `<regex>`
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) time: Option<TimeRule>,
    pub(super) test: Option<FieldTest>,
    pub(super) place: Place,
}

/// A field and what it must match.
#[derive(Debug)]
pub(super) struct FieldTest {
    pub(super) field: Field,
    pub(super) expression: Expression,
}

#[derive(Debug)]
pub(super) enum Field {
    /// A caller-profile field.
    Name(String),
    /// A text to expand.
    Text(String),
}

#[derive(Debug)]
pub(super) enum Expression {
    /// Nothing in it changes from call to call.
    Fixed(Pattern),
    /// A text to expand first.
    Text(String),
    /// It could not be compiled, which was told at load: it matches nothing.
    Broken,
}

/// When the conditions of an extension end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Break {
    OnFalse,
    OnTrue,
    Always,
    Never,
}

/// An action or anti-action.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) application: Arc<str>,
    pub(super) data: String,
    pub(super) inline: bool,
    /// How often it is queued.
    pub(super) repeat: usize,
    pub(super) place: Place,
}

impl Extension {
    pub(super) fn actions(&self) -> impl Iterator<Item = &Step> {
        let mut steps = Vec::new();
        for condition in &self.conditions {
            condition.collect(&mut steps);
        }
        steps.into_iter()
    }
}

impl Condition {
    fn collect<'c>(&'c self, steps: &mut Vec<&'c Step>) {
        steps.extend(self.actions.iter().chain(&self.anti_actions));
        for nested in &self.nested {
            nested.collect(steps);
        }
    }
}
