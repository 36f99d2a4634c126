//! Hunting: which actions a caller gets.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::rule::{
    Break, Condition, Expression, Extension, Field, FieldTest, Mode, Rule, Step, Test,
};
use super::{Action, Caller, Context, NoRoute, Route};
use crate::expand::expand;
use crate::regex::{self, Captures, Pattern, PatternError};
use crate::variable::is_true;
use crate::xml::Place;

/// How many actions one hunt may queue or run inline; the rest is left out with a warning. No
/// dialplan comes near; a `loop` or many `continue` could.
pub const MAX_ACTIONS: usize = 10_000;

pub(super) async fn hunt(context: &Context, caller: &dyn Caller) -> Result<Route, NoRoute> {
    let mut hunt = Hunt { caller, route: None, steps: 0 };
    let extensions = context.extensions.get(start(context, caller)..).unwrap_or_default();
    for extension in extensions {
        let matched = hunt.conditions(&extension.name, &extension.conditions).await;
        if matched && !extension.continues {
            break;
        }
    }
    hunt.route.ok_or_else(|| NoRoute::NoMatch(context.name.clone()))
}

/// With the variable `auto_hunt`, the extension that is named like the destination; else the first.
fn start(context: &Context, caller: &dyn Caller) -> usize {
    if !caller.variable("auto_hunt").is_some_and(|value| is_true(&value)) {
        return 0;
    }
    let Some(destination) = caller.field("destination_number") else { return 0 };
    let named = |extension: &Extension| extension.name.eq_ignore_ascii_case(&destination);
    context.extensions.iter().position(named).unwrap_or(0)
}

struct Hunt<'h> {
    caller: &'h dyn Caller,
    /// There is one as soon as an action is met, even an inline one.
    route: Option<Route>,
    steps: usize,
}

/// What became of a condition's own test.
#[derive(Default)]
struct Outcome {
    passed: bool,
    /// Whether the extension counts as matched so far; none keeps what it was.
    matched: Option<bool>,
    captures: Option<Captures>,
}

impl<'h> Hunt<'h> {
    /// Evaluates conditions up to a break; true when the extension counts as matched.
    fn conditions<'a>(
        &'a mut self,
        extension: &'a Arc<str>,
        conditions: &'a [Condition],
    ) -> BoxFuture<'a, bool>
    where
        'h: 'a,
    {
        Box::pin(async move {
            let mut matched = false;
            for condition in conditions {
                let outcome = self.test(condition).await;
                matched = outcome.matched.unwrap_or(matched);
                if outcome.passed {
                    let captures = outcome.captures.as_ref();
                    self.queue(extension, &condition.actions, captures).await;
                } else {
                    // Anti-actions make the extension count as matched.
                    matched |= condition.anti_actions.iter().any(|step| step.repeat > 0);
                    self.queue(extension, &condition.anti_actions, None).await;
                }
                match (condition.breaks, outcome.passed) {
                    (Break::Always, _) | (Break::OnTrue, true) | (Break::OnFalse, false) => break,
                    _ => {}
                }
                if outcome.passed && !condition.nested.is_empty() {
                    let nested = self.conditions(extension, &condition.nested).await;
                    if !nested && condition.require_nested {
                        return false;
                    }
                }
            }
            matched
        })
    }

    async fn test(&mut self, condition: &Condition) -> Outcome {
        let time = condition.time.as_ref().map(|rule| rule.passes(self.caller, &condition.place));
        let mut outcome = match &condition.test {
            // The time decides; without one the condition always passes.
            Test::Always => {
                let passed = time.unwrap_or(true);
                return Outcome { passed, matched: Some(passed), captures: None };
            }
            Test::Field(test) => self.field(test, &condition.place).await,
            Test::Rules(mode, rules) => self.rules(*mode, rules).await,
        };
        // FreeSWITCH's: time attributes and field are alternatives. Two conditions say "and".
        outcome.passed |= time == Some(true);
        if let Some(captures) = &outcome.captures {
            self.caller.set_variable("DP_MATCH", Some(captures.list()));
        }
        outcome
    }

    async fn field(&self, test: &FieldTest, place: &Place) -> Outcome {
        let (passed, captures) = self.compare(test, place).await;
        Outcome { passed, matched: Some(passed), captures }
    }

    async fn rules(&self, mode: Mode, rules: &[Rule]) -> Outcome {
        self.caller.remove_variables("DP_REGEX_MATCH");
        let (mut passes, mut fails) = (0_usize, 0_usize);
        let mut outcome = Outcome::default();
        for (index, rule) in rules.iter().enumerate() {
            let time = rule.time.as_ref().is_some_and(|time| time.passes(self.caller, &rule.place));
            let (matched, captures) = match &rule.test {
                Some(test) => self.compare(test, &rule.place).await,
                None => (false, None),
            };
            let passed = time || matched;
            outcome.matched = Some(passed);
            if passed {
                passes += 1;
            } else {
                fails += 1;
            }
            if let Some(captures) = captures {
                if mode != Mode::Any {
                    let name = format!("DP_REGEX_MATCH_{}", index + 1);
                    self.caller.set_variable(&name, Some(captures.list()));
                }
                outcome.captures = Some(captures);
            }
            match mode {
                Mode::All if !passed => break,
                Mode::Any if passed => break,
                Mode::Xor if passes > 1 => break,
                _ => {}
            }
        }
        outcome.passed = match mode {
            Mode::All => fails == 0,
            Mode::Any => passes > 0,
            Mode::Xor => passes == 1,
        };
        match mode {
            // Whichever rule came last: one that failed does not undo the one that passed.
            Mode::Xor if outcome.passed => outcome.matched = Some(true),
            _ => {}
        }
        if !outcome.passed {
            outcome.captures = None;
        }
        outcome
    }

    /// Whether a field matches, and its captures when the expression has a parenthesis.
    async fn compare(&self, test: &FieldTest, place: &Place) -> (bool, Option<Captures>) {
        let value = match &test.field {
            Field::Name(name) => self.caller.field(name).unwrap_or_default(),
            Field::Text(text) => expand(text, self.scope()).await.into_owned(),
        };
        let result = match &test.expression {
            Expression::Fixed(pattern) => look(pattern, &value),
            Expression::Text(text) => {
                let expanded = expand(text, self.scope()).await;
                regex::cached(&expanded).and_then(|pattern| look(&pattern, &value))
            }
            Expression::Broken => Ok((false, None)),
        };
        result.unwrap_or_else(|error| {
            let call = self.caller.field("uuid");
            tracing::warn!(call, at = %place, %error, "condition does not pass");
            (false, None)
        })
    }

    fn scope(&self) -> &dyn crate::expand::Scope {
        self.caller
    }

    async fn queue(&mut self, extension: &Arc<str>, steps: &[Step], captures: Option<&Captures>) {
        for step in steps {
            let route = self.route.get_or_insert_with(|| Route {
                extension: Arc::clone(extension),
                actions: Vec::new(),
            });
            if step.repeat == 0 {
                continue;
            }
            let action = Action {
                application: Arc::clone(&step.application),
                data: match captures {
                    Some(captures) => captures.substitute(&step.data),
                    None => step.data.clone(),
                },
                place: step.place.clone(),
            };
            let room = MAX_ACTIONS.saturating_sub(self.steps).min(step.repeat);
            if room < step.repeat {
                tracing::warn!(
                    call = self.caller.field("uuid"), at = %step.place, limit = MAX_ACTIONS,
                    "too many actions; the rest is left out"
                );
            }
            self.steps += room;
            if step.inline {
                for _ in 0..room {
                    self.caller.execute_inline(&action).await;
                }
            } else {
                route.actions.extend(std::iter::repeat_n(action, room));
            }
        }
    }
}

fn look(pattern: &Pattern, value: &str) -> Result<(bool, Option<Captures>), PatternError> {
    if !pattern.captures() {
        return Ok((pattern.is_match(value)?, None));
    }
    let captures = pattern.find(value)?;
    Ok((captures.is_some(), captures))
}
